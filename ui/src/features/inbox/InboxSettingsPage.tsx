import { Button, Group, MultiSelect, NumberInput, Radio, Stack } from '@mantine/core'
import { useForm } from '@mantine/form'
import { notifications } from '@mantine/notifications'
import { useQuery } from '@tanstack/react-query'
import { ErrorNote, Note } from '../../components/Note'
import { Back, Page } from '../../components/Page'
import { Panel } from '../../components/Panel'
import { RowSkeletons } from '../../components/Row'
import { useLeaveGuard } from '../../components/useLeaveGuard'
import { wasOvertaken } from '../../lib/api/client'
import { fromProblem, unplaced } from '../../lib/api/problems'
import type { Inbox } from '../../lib/api/shapes'
import { useChatbotId, useMay } from '../../lib/permissions'
import { t } from '../../lib/strings'
import { CannedReplies } from './CannedReplies'
import { useSaveSettings } from './mutations'
import { agentsQuery, settingsQuery } from './queries'
import { words } from './strings'

export function InboxSettingsPage() {
  const chatbotId = useChatbotId()
  const query = useQuery(settingsQuery(chatbotId))
  return (
    <Page
      title={words.settings.title}
      lead={words.settings.lead}
      back={
        <Back to="/$chatbotId/inbox" params={{ chatbotId }} search={{}}>
          {words.title}
        </Back>
      }
    >
      <Stack gap="lg">
        <Panel title={words.settings.handing} padded>
          {query.isPending && <RowSkeletons rows={3} height={30} />}
          {query.isError && !query.data && <ErrorNote error={query.error} retry={query.refetch} />}
          {query.data && (
            <Handing key={query.data.etag} chatbotId={chatbotId} settings={query.data.data} etag={query.data.etag} />
          )}
        </Panel>
        <CannedReplies chatbotId={chatbotId} />
      </Stack>
    </Page>
  )
}

interface HandingProps {
  chatbotId: string
  settings: Inbox
  etag: string | undefined
}

function Handing({ chatbotId, settings, etag }: HandingProps) {
  const may = useMay('developer')
  const agents = useQuery(agentsQuery(chatbotId))
  const form = useForm({ initialValues: settings })
  const save = useSaveSettings(chatbotId, etag)
  const isDirty = form.isDirty()
  useLeaveGuard(isDirty)
  const overtaken = wasOvertaken(save.error)
  const submit = form.onSubmit((values) =>
    save.mutate(values, {
      onSuccess(saved) {
        form.resetDirty(saved)
        notifications.show({ message: words.settings.saved, color: 'green' })
      },
      onError: (error) => form.setErrors(fromProblem(error)),
    }),
  )
  return (
    <form onSubmit={submit}>
      <Stack>
        <Radio.Group label={words.settings.assignment} {...form.getInputProps('assignment')}>
          <Stack gap={8} mt={8}>
            <Radio value="manual" label={words.settings.manual} disabled={!may} />
            <Radio value="roundRobin" label={words.settings.roundRobin} disabled={!may} />
          </Stack>
        </Radio.Group>
        {form.values.assignment === 'roundRobin' && (
          <MultiSelect
            label={words.settings.agents}
            description={words.settings.agentsHint}
            data={agents.data?.map(({ id, name }) => ({ value: id, label: name })) ?? []}
            disabled={!may}
            {...form.getInputProps('agents')}
          />
        )}
        <NumberInput
          label={words.settings.closeAfter}
          description={words.settings.closeAfterHint}
          min={0}
          max={525_600}
          allowDecimal={false}
          suffix={` ${words.settings.minutes}`}
          disabled={!may}
          {...form.getInputProps('closeAfterMinutes')}
        />
        {overtaken ? (
          <Note tone="warn" title={words.settings.changed} />
        ) : (
          <ErrorNote error={unplaced(save.error, form.values)} />
        )}
        {may && (
          <Group justify="flex-end">
            <Button type="submit" loading={save.isPending} disabled={!isDirty}>
              {t.actions.save}
            </Button>
          </Group>
        )}
      </Stack>
    </form>
  )
}
