import {
  ActionIcon,
  Button,
  Checkbox,
  Group,
  NumberInput,
  PasswordInput,
  Select,
  SimpleGrid,
  Stack,
  Switch,
  TagsInput,
  Text,
  Textarea,
  TextInput,
} from '@mantine/core'
import type { UseFormReturnType } from '@mantine/form'
import { IconPlus, IconTrash } from '@tabler/icons-react'
import { Panel } from '../../components/Panel'
import type { Values } from './settings'
import { words } from './strings'

interface FieldsProps {
  form: UseFormReturnType<Values>
  disabled: boolean
}

const ZONES = Intl.supportedValuesOf('timeZone')

export function ModelFields({ form, disabled }: FieldsProps) {
  return (
    <Panel title={words.model} padded>
      <Stack>
        <TextInput
          label={words.baseUrl}
          description={words.baseUrlHint}
          placeholder="https://api.openai.com/v1"
          disabled={disabled}
          {...form.getInputProps('model.baseUrl')}
        />
        <SimpleGrid cols={{ base: 1, sm: 2 }}>
          <TextInput
            label={words.modelName}
            placeholder="gpt-4o-mini"
            disabled={disabled}
            {...form.getInputProps('model.model')}
          />
          <PasswordInput
            label={words.apiKey}
            autoComplete="off"
            placeholder={form.values.model.apiKeySet ? '••••••' : ''}
            disabled={disabled}
            {...form.getInputProps('apiKey')}
          />
        </SimpleGrid>
        <Text size="xs" c="dimmed">
          {form.values.model.apiKeySet ? words.apiKeySet : words.apiKeyUnset}
        </Text>
        <Textarea
          label={words.instructions}
          description={words.instructionsHint}
          autosize
          minRows={3}
          maxRows={14}
          disabled={disabled}
          {...form.getInputProps('instructions')}
        />
        <Switch
          label={words.strict}
          disabled={disabled}
          {...form.getInputProps('model.strict', { type: 'checkbox' })}
        />
        <SimpleGrid cols={{ base: 1, sm: 2 }}>
          <NumberInput
            label={words.maxTokens}
            suffix={words.tokens}
            min={16}
            max={32768}
            disabled={disabled}
            {...form.getInputProps('model.maxTokens')}
          />
          <NumberInput
            label={words.timeout}
            suffix={words.seconds}
            min={1}
            max={120}
            disabled={disabled}
            {...form.getInputProps('model.timeoutSeconds')}
          />
          <NumberInput
            label={words.perDay}
            description={words.noLimit}
            thousandSeparator=","
            min={0}
            disabled={disabled}
            {...form.getInputProps('model.tokensPerDay')}
          />
          <NumberInput
            label={words.perConversation}
            description={words.noLimit}
            thousandSeparator=","
            min={0}
            disabled={disabled}
            {...form.getInputProps('model.tokensPerConversation')}
          />
        </SimpleGrid>
      </Stack>
    </Panel>
  )
}

export function KnowledgeFields({ form, disabled }: FieldsProps) {
  const score = { min: 0, max: 1, step: 0.05, decimalScale: 2, disabled }
  return (
    <Panel padded>
      <Stack>
        <SimpleGrid cols={{ base: 1, sm: 2 }}>
          <NumberInput
            label={words.threshold}
            description={words.thresholdHint}
            {...score}
            {...form.getInputProps('threshold')}
          />
          <NumberInput
            label={words.suggestThreshold}
            description={words.suggestThresholdHint}
            {...score}
            {...form.getInputProps('suggestThreshold')}
          />
        </SimpleGrid>
        <Language form={form} disabled={disabled} />
      </Stack>
    </Panel>
  )
}

function Language({ form, disabled }: FieldsProps) {
  const known = {
    ...words.languages,
    [form.values.language]: words.languages[form.values.language] ?? form.values.language,
  }
  return (
    <Select
      label={words.language}
      allowDeselect={false}
      disabled={disabled}
      data={Object.entries(known).map(([value, label]) => ({ value, label }))}
      {...form.getInputProps('language')}
    />
  )
}

export function OwnBotFields({ form, disabled }: FieldsProps) {
  return (
    <Panel padded>
      <NumberInput
        label={words.ownBot}
        description={words.ownBotHint}
        suffix={words.seconds}
        min={1}
        max={600}
        disabled={disabled}
        {...form.getInputProps('ownBot.timeoutSeconds')}
      />
    </Panel>
  )
}

export function HandoverFields({ form, disabled }: FieldsProps) {
  return (
    <Panel title={words.handover} padded>
      <Stack>
        <Text size="sm" c="dimmed">
          {words.handoverLead}
        </Text>
        <NumberInput
          label={words.afterNotFound}
          description={words.afterNotFoundHint}
          min={0}
          max={10}
          disabled={disabled}
          {...form.getInputProps('handover.afterNotFound')}
        />
        <TagsInput
          label={words.words}
          description={words.wordsHint}
          disabled={disabled}
          {...form.getInputProps('handover.words')}
        />
        <TextInput
          label={words.rule}
          description={words.ruleHint}
          placeholder={'data.message.contains("refund")'}
          disabled={disabled}
          {...form.getInputProps('handover.rule')}
        />
        <Checkbox
          label={words.offer}
          disabled={disabled}
          {...form.getInputProps('handover.offer', { type: 'checkbox' })}
        />
      </Stack>
    </Panel>
  )
}

export function HoursFields({ form, disabled }: FieldsProps) {
  const days = Object.entries(words.days).map(([value, label]) => ({ value, label }))
  return (
    <Panel title={words.hours} padded>
      <Stack>
        <Switch label={words.always} disabled={disabled} {...form.getInputProps('always', { type: 'checkbox' })} />
        {!form.values.always && (
          <>
            <Select
              label={words.timezone}
              searchable
              allowDeselect={false}
              disabled={disabled}
              data={[...new Set([form.values.hours.timezone, 'UTC', ...ZONES])]}
              {...form.getInputProps('hours.timezone')}
            />
            {form.values.hours.week.map((span, i) => (
              <Group key={`${i}-${span.day}`} gap="xs" align="flex-start">
                <Select
                  aria-label={words.day}
                  allowDeselect={false}
                  disabled={disabled}
                  data={days}
                  flex={1}
                  miw={150}
                  error={form.errors[`hours.week.${i}`]}
                  {...form.getInputProps(`hours.week.${i}.day`)}
                />
                <TextInput
                  aria-label={words.from}
                  type="time"
                  disabled={disabled}
                  {...form.getInputProps(`hours.week.${i}.from`)}
                />
                <TextInput
                  aria-label={words.to}
                  type="time"
                  disabled={disabled}
                  {...form.getInputProps(`hours.week.${i}.to`)}
                />
                <ActionIcon
                  variant="subtle"
                  color="gray"
                  size={36}
                  aria-label={words.removeSpan}
                  disabled={disabled}
                  onClick={() => form.removeListItem('hours.week', i)}
                >
                  <IconTrash size={16} />
                </ActionIcon>
              </Group>
            ))}
            <div>
              <Button
                variant="default"
                size="xs"
                leftSection={<IconPlus size={14} />}
                disabled={disabled}
                onClick={() => form.insertListItem('hours.week', { day: 'sat', from: '09:00', to: '12:00' })}
              >
                {words.addSpan}
              </Button>
            </div>
            <Textarea
              label={words.away}
              description={words.awayHint}
              autosize
              minRows={2}
              disabled={disabled}
              {...form.getInputProps('hours.away')}
            />
          </>
        )}
      </Stack>
    </Panel>
  )
}
