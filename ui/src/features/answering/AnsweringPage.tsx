import { Button, Grid, Group, Radio, Skeleton, Stack } from '@mantine/core'
import { useForm } from '@mantine/form'
import { notifications } from '@mantine/notifications'
import { useQuery } from '@tanstack/react-query'
import { ErrorNote, Note } from '../../components/Note'
import { Page } from '../../components/Page'
import { Panel } from '../../components/Panel'
import { useLeaveGuard } from '../../components/useLeaveGuard'
import { wasOvertaken } from '../../lib/api/client'
import { answeringQuery } from '../../lib/api/queries'
import { useChatbotId, useMay } from '../../lib/permissions'
import { t } from '../../lib/strings'
import { HandoverFields, HoursFields, KnowledgeFields, ModelFields, OwnBotFields } from './fields'
import { type Answering, useSaveAnswering } from './queries'
import { changeOf, placed, valuesOf } from './settings'
import { words } from './strings'
import { TryPanel } from './TryPanel'

export function AnsweringPage() {
  const chatbotId = useChatbotId()
  const query = useQuery(answeringQuery(chatbotId))
  return (
    <Page title={words.title} lead={words.lead}>
      {query.isPending && <Skeleton height={640} radius={12} />}
      {query.isError && !query.data && <ErrorNote error={query.error} retry={query.refetch} />}
      {query.data && (
        <Grid gap="lg">
          <Grid.Col span={{ base: 12, md: 7 }}>
            <Settings key={query.data.etag} chatbotId={chatbotId} saved={query.data.data} etag={query.data.etag} />
          </Grid.Col>
          <Grid.Col span={{ base: 12, md: 5 }}>
            <TryPanel chatbotId={chatbotId} />
          </Grid.Col>
        </Grid>
      )}
    </Page>
  )
}

interface SettingsProps {
  chatbotId: string
  saved: Answering
  etag: string | undefined
}

function Settings({ chatbotId, saved, etag }: SettingsProps) {
  const may = useMay('developer')
  const form = useForm({ initialValues: valuesOf(saved) })
  const save = useSaveAnswering(chatbotId, etag)
  const isDirty = form.isDirty()
  useLeaveGuard(isDirty)
  const submit = form.onSubmit((values) =>
    save.mutate(changeOf(values), {
      onSuccess: () => notifications.show({ message: words.saved, color: 'green' }),
      onError: (error) => form.setErrors(placed(error)),
    }),
  )
  const parts = { form, disabled: !may }
  const engine = form.values.engine
  return (
    <form onSubmit={submit}>
      <Stack gap="lg">
        <Panel title={words.engine} padded>
          <Radio.Group aria-label={words.engine} {...form.getInputProps('engine')}>
            <Stack gap={10}>
              {Object.entries(words.engines).map(([value, { label, hint }]) => (
                <Radio key={value} value={value} label={label} description={hint} disabled={!may} />
              ))}
            </Stack>
          </Radio.Group>
        </Panel>
        {engine === 'model' && <ModelFields {...parts} />}
        {engine === 'none' ? <OwnBotFields {...parts} /> : <KnowledgeFields {...parts} />}
        <HandoverFields {...parts} />
        <HoursFields {...parts} />
        {wasOvertaken(save.error) ? (
          <Note tone="warn" title={words.changed} />
        ) : (
          Object.keys(form.errors).length === 0 && <ErrorNote error={save.error} />
        )}
        {may && (
          <Group justify="flex-end">
            <Button variant="default" disabled={!isDirty} onClick={form.reset}>
              {t.actions.undo}
            </Button>
            <Button type="submit" loading={save.isPending} disabled={!isDirty}>
              {t.actions.save}
            </Button>
          </Group>
        )}
      </Stack>
    </form>
  )
}
