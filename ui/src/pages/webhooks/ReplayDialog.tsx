import { Button, Group, Modal, Radio, Select, Stack, Text } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { answered, api } from '../../api/client'
import type { MissedEvents, ReplayCount, ReplayCreation, Webhook } from '../../api/shapes'
import { ErrorNote, Note } from '../../parts/Note'
import { t } from '../../strings'
import { count, plural } from '../../words/numbers'
import { windowStart } from '../../words/time'

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
  const body: ReplayCreation =
    since === 'missed' && missed
      ? { since: missed.since, until: missed.until }
      : { since: windowStart(since === 'missed' ? '24h' : since, opened), until: new Date(opened).toISOString() }
  if (which === 'failed') body.status = ['failed']

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

function countInWords(total: ReplayCount | undefined): string {
  if (!total) return t.replay.counting
  if (total.count === 0) return total.exact ? t.replay.nothing : t.replay.nothingSoFar
  return t.replay.count(total.exact ? plural(total.count, 'event') : t.replay.atLeast(count(total.count)))
}
