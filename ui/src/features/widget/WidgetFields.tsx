import {
  Checkbox,
  ColorInput,
  Group,
  Input,
  SegmentedControl,
  Select,
  Stack,
  Switch,
  Textarea,
  TextInput,
} from '@mantine/core'
import { CopyField } from '../../components/Copy'
import { Panel } from '../../components/Panel'
import type { ApiError } from '../../lib/api/client'
import type { Widget } from '../../lib/api/shapes'
import { t } from '../../lib/strings'

interface FieldsProps {
  draft: Widget
  change: (part: Partial<Widget>) => void
  disabled: boolean
  wrong: ApiError | undefined
}

const COLOURS = ['#4f46e5', '#0f766e', '#1d4ed8', '#be185d', '#b45309', '#111827']

const linesOf = (text: string) => (text === '' ? [] : text.split('\n'))
const filled = (lines: string[]) => lines.map((line) => line.trim()).filter((line) => line !== '')

export function LookFields({ draft, change, disabled, wrong }: FieldsProps) {
  return (
    <Panel title={t.widget.look} padded>
      <Stack>
        <TextInput
          label={t.widget.heading}
          maxLength={80}
          disabled={disabled}
          value={draft.title}
          onChange={(event) => change({ title: event.currentTarget.value })}
        />
        <Textarea
          label={t.widget.greeting}
          description={t.widget.greetingHint}
          maxLength={1000}
          autosize
          minRows={2}
          disabled={disabled}
          value={draft.greeting}
          onChange={(event) => change({ greeting: event.currentTarget.value })}
        />
        <Textarea
          label={t.widget.suggestions}
          description={t.widget.suggestionsHint}
          autosize
          minRows={2}
          disabled={disabled}
          value={draft.suggestions.join('\n')}
          error={wrong?.field('suggestions')}
          onChange={(event) => change({ suggestions: linesOf(event.currentTarget.value) })}
          onBlur={() => change({ suggestions: filled(draft.suggestions) })}
        />
        <Group grow align="flex-start">
          <ColorInput
            label={t.widget.color}
            format="hex"
            withEyeDropper={false}
            swatches={COLOURS}
            disabled={disabled}
            value={draft.color}
            error={wrong?.field('color')}
            onChange={(color) => change({ color })}
          />
          <Select
            label={t.widget.language}
            allowDeselect={false}
            disabled={disabled}
            data={Object.entries(t.widget.languages).map(([value, label]) => ({ value, label }))}
            value={draft.locale}
            onChange={(locale) => locale && change({ locale: locale as Widget['locale'] })}
          />
        </Group>
        <Input.Wrapper label={t.widget.position} labelElement="div">
          <div>
            <SegmentedControl
              aria-label={t.widget.position}
              disabled={disabled}
              data={[
                { value: 'left', label: t.widget.left },
                { value: 'right', label: t.widget.right },
              ]}
              value={draft.position}
              onChange={(position) => change({ position: position as Widget['position'] })}
            />
          </div>
        </Input.Wrapper>
      </Stack>
    </Panel>
  )
}

export function OfferFields({ draft, change, disabled, wrong }: FieldsProps) {
  const toggles = ['ratings', 'csat', 'handover', 'attachments'] as const
  return (
    <Panel title={t.widget.offers} padded>
      <Stack>
        {toggles.map((name) => (
          <Switch
            key={name}
            label={t.widget[name]}
            disabled={disabled}
            checked={draft[name]}
            onChange={(event) => change({ [name]: event.currentTarget.checked })}
          />
        ))}
        <Select
          label={t.widget.lead_}
          allowDeselect={false}
          disabled={disabled}
          data={Object.entries(t.widget.leadWhen).map(([value, label]) => ({ value, label }))}
          value={draft.lead.when}
          onChange={(when) => when && change({ lead: { ...draft.lead, when: when as Widget['lead']['when'] } })}
        />
        {draft.lead.when !== 'never' && (
          <Checkbox.Group
            label={t.widget.leadFields}
            value={draft.lead.fields}
            error={wrong?.field('lead.fields')}
            onChange={(fields) => change({ lead: { ...draft.lead, fields: fields as Widget['lead']['fields'] } })}
          >
            <Group mt="xs">
              {Object.entries(t.widget.fields).map(([value, label]) => (
                <Checkbox key={value} value={value} label={label} disabled={disabled} />
              ))}
            </Group>
          </Checkbox.Group>
        )}
      </Stack>
    </Panel>
  )
}

export function AccessFields({ draft, change, disabled, wrong }: FieldsProps) {
  return (
    <Panel title={t.widget.access} padded>
      <Stack>
        <Switch
          label={t.widget.enabled}
          disabled={disabled}
          checked={draft.enabled}
          onChange={(event) => change({ enabled: event.currentTarget.checked })}
        />
        <Textarea
          label={t.widget.origins}
          description={t.widget.originsHint}
          placeholder="https://shop.example"
          autosize
          minRows={2}
          disabled={disabled}
          value={draft.allowedOrigins.join('\n')}
          error={wrong?.field('allowedOrigins')}
          onChange={(event) => change({ allowedOrigins: linesOf(event.currentTarget.value) })}
          onBlur={() => change({ allowedOrigins: filled(draft.allowedOrigins) })}
        />
        <Textarea
          label={t.widget.blocked}
          description={t.widget.blockedHint}
          autosize
          disabled={disabled}
          value={draft.blocked.join('\n')}
          error={wrong?.field('blocked')}
          onChange={(event) => change({ blocked: linesOf(event.currentTarget.value) })}
          onBlur={() => change({ blocked: filled(draft.blocked) })}
        />
        {draft.identitySecret && (
          <Input.Wrapper label={t.widget.identity} description={t.widget.identityHint} labelElement="div">
            <CopyField label={t.widget.identity} value={draft.identitySecret} />
          </Input.Wrapper>
        )}
      </Stack>
    </Panel>
  )
}
