import { Button, Progress } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { LinkAnchor } from '../../components/LinkAnchor'
import { Panel } from '../../components/Panel'
import { Row } from '../../components/Row'
import { ReplayBadge } from '../../components/Status'
import { Due, When } from '../../components/When'
import { answered, api } from '../../lib/api/client'
import { replaysQuery } from '../../lib/api/queries'
import type { Replay } from '../../lib/api/shapes'
import { count } from '../../lib/format/numbers'
import { t } from '../../lib/strings'
import css from './webhooks.module.css'

interface ReplaysProps {
  chatbotId: string
  webhookId: string
}

// Replays shows the newest ones, with their progress. Without any it takes no room.
export function Replays({ chatbotId, webhookId }: ReplaysProps) {
  const { data: replays } = useQuery(replaysQuery(chatbotId, webhookId))
  if (!replays?.length) return null
  return (
    <Panel title={t.replay.section}>
      {replays.map((replay) => (
        <ReplayRow key={replay.id} replay={replay} />
      ))}
    </Panel>
  )
}

function ReplayRow({ replay }: { replay: Replay }) {
  const { chatbotId, id: replayId, webhookId } = replay
  const queries = useQueryClient()
  const cancel = useMutation({
    mutationFn: () =>
      answered(api.POST('/api/{chatbotId}/replays/{replayId}/cancel', { params: { path: { chatbotId, replayId } } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: [chatbotId, 'replays', webhookId] }),
  })
  const done = replay.succeeded + replay.failed
  const share = (n: number) => (replay.total === 0 ? 0 : (100 * n) / replay.total)
  return (
    <Row className={css.replay}>
      <ReplayBadge status={replay.status} />
      <span>
        {t.replay.of} <When at={replay.filter.since} />
      </span>
      <div>
        <Progress.Root size="sm" aria-hidden>
          <Progress.Section value={share(replay.succeeded)} color="var(--b9-ok-mark)" aria-hidden />
          <Progress.Section value={share(replay.failed)} color="var(--b9-bad-mark)" aria-hidden />
        </Progress.Root>
        <span className="num dim">
          {t.replay.progress(count(done), count(replay.total))}
          {replay.failed > 0 && `, ${t.replay.failures(count(replay.failed))}`}
        </span>
        {replay.blocked && (
          <div className="dim">
            {t.replay.blocked(replay.blocked.conversations)} <Due at={replay.blocked.nextAttemptAt} />.{' '}
            <LinkAnchor
              component="a"
              to="/$chatbotId/deliveries/$deliveryId"
              params={{ chatbotId, deliveryId: replay.blocked.deliveryId }}
              fz="inherit"
            >
              {t.replay.blockedBy}
            </LinkAnchor>
          </div>
        )}
      </div>
      {replay.status === 'running' ? (
        <Button size="xs" variant="default" loading={cancel.isPending} onClick={() => cancel.mutate()}>
          {t.replay.cancel}
        </Button>
      ) : (
        <span />
      )}
    </Row>
  )
}
