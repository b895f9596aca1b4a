import { Button, Group, Modal, MultiSelect, Radio, Select, Stack, Text, TextInput } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { ErrorNote, Note } from '../../components/Note'
import { answered, api } from '../../lib/api/client'
import { eventTypesQuery } from '../../lib/api/queries'
import type { MissedEvents, ReplayCount, ReplayCreation, Webhook } from '../../lib/api/shapes'
import { eventNames } from '../../lib/format/eventNames'
import { count, plural } from '../../lib/format/numbers'
import { fromLocal, localTime, windowStart } from '../../lib/format/time'
import { t } from '../../lib/strings'

type Since = keyof typeof t.replay.sinces
type Which = 'failed' | 'all'

interface ReplayDialogProps {
  webhook: Webhook
  missed?: MissedEvents
  lead?: string
  close: () => void
}

export function ReplayDialog({ webhook, missed, lead, close }: ReplayDialogProps) {
  const { chatbotId, id: webhookId } = webhook
  const [opened] = useState(() => Date.now())
  const [since, setSince] = useState<Since>(missed ? 'missed' : '24h')
  const [which, setWhich] = useState<Which>(missed ? 'all' : 'failed')
  const queries = useQueryClient()
  const [from, setFrom] = useState(() => localTime(windowStart('24h', opened)))
  const [until, setUntil] = useState(() => localTime(new Date(opened).toISOString()))
  const [events, setEvents] = useState<string[]>([])
  const types = useQuery(eventTypesQuery(chatbotId))
  const body: ReplayCreation = { ...boundsOf(), ...(which === 'failed' && { status: ['failed'] }) }
  if (events.length > 0) body.events = events

  function boundsOf(): { since: string; until: string } {
    if (since === 'missed' && missed) return { since: missed.since, until: missed.until }
    if (since === 'chosen') return { since: fromLocal(from), until: fromLocal(until) }
    return { since: windowStart(since === 'missed' ? '24h' : since, opened), until: new Date(opened).toISOString() }
  }

  const total = useQuery({
    queryKey: [chatbotId, 'replay-count', webhookId, body],
    queryFn: async ({ signal }) => {
      const path = { chatbotId, webhookId }
      const dry = { ...body, dryRun: true }
      const call = api.POST('/api/{chatbotId}/webhooks/{webhookId}/replay', { params: { path }, body: dry, signal })
      return (await answered(call)) as ReplayCount
    },
    staleTime: 10_000,
  })
  const start = useMutation({
    mutationFn: () =>
      answered(
        api.POST('/api/{chatbotId}/webhooks/{webhookId}/replay', { params: { path: { chatbotId, webhookId } }, body }),
      ),
    onSuccess() {
      notifications.show({ message: t.replay.started })
      close()
      return queries.invalidateQueries({ queryKey: [chatbotId, 'replays', webhookId] })
    },
  })
  const sinces = Object.entries(t.replay.sinces).filter(([value]) => value !== 'missed' || missed)
  return (
    <Modal opened onClose={close} title={t.replay.title} closeButtonProps={{ 'aria-label': t.actions.close }}>
      <Stack>
        {lead && <Note tone="info" title={lead} />}
        <Text c="dimmed">{t.replay.lead}</Text>
        <Select
          label={t.replay.since}
          data={sinces.map(([value, label]) => ({ value, label }))}
          value={since}
          onChange={(value) => value && setSince(value as Since)}
          allowDeselect={false}
        />
        {since === 'chosen' && (
          <Group grow gap="xs">
            <TimeField label={t.replay.from} value={from} onChange={setFrom} />
            <TimeField label={t.replay.until} value={until} onChange={setUntil} />
          </Group>
        )}
        <MultiSelect
          label={t.replay.events}
          placeholder={events.length === 0 ? t.replay.anyEvent : undefined}
          data={eventNames(types.data, customOf(webhook))}
          value={events}
          onChange={setEvents}
          searchable
          clearable
        />
        <Radio.Group label={t.replay.which} value={which} onChange={(value) => setWhich(value as Which)}>
          <Stack gap={6} mt={6}>
            <Radio value="failed" label={t.replay.failed} />
            <Radio value="all" label={t.replay.all} />
          </Stack>
        </Radio.Group>
        <Text fw={550} role="status" className="num">
          {total.isError ? null : countInWords(total.data)}
        </Text>
        <ErrorNote error={total.error ?? start.error} />
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            {t.actions.cancel}
          </Button>
          <Button disabled={!total.data?.count} loading={start.isPending} onClick={() => start.mutate()}>
            {t.replay.start}
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
}

// The catalog knows no custom events; those that the webhook chose by name can be chosen here too.
const customOf = (webhook: Webhook) =>
  webhook.events.filter((name) => /^custom\.[^*]/.test(name)).map((event) => ({ event }))

interface TimeFieldProps {
  label: string
  value: string
  onChange: (value: string) => void
}

function TimeField({ label, value, onChange }: TimeFieldProps) {
  return (
    <TextInput
      type="datetime-local"
      label={label}
      value={value}
      required
      onChange={(event) => event.currentTarget.value && onChange(event.currentTarget.value)}
    />
  )
}

function countInWords(total: ReplayCount | undefined): string {
  if (!total) return t.replay.counting
  if (total.count === 0) return total.exact ? t.replay.nothing : t.replay.nothingSoFar
  return t.replay.count(total.exact ? plural(total.count, t.replay.event) : t.replay.atLeast(count(total.count)))
}
