import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { LinkAnchor } from '../../components/LinkAnchor'
import { Note } from '../../components/Note'
import { useNow, When } from '../../components/When'
import { deliveriesQuery, deliveryQuery } from '../../lib/api/queries'
import type { Webhook } from '../../lib/api/shapes'
import { failureWords } from '../../lib/format/failure'
import { count } from '../../lib/format/numbers'
import { t } from '../../lib/strings'

// WebhookTrouble says that a webhook is paused or failing, or that its filter is, why, and what to do.
export function WebhookTrouble({ webhook }: { webhook: Webhook }) {
  return (
    <>
      <EndpointTrouble webhook={webhook} />
      <FilterTrouble webhook={webhook} />
    </>
  )
}

function EndpointTrouble({ webhook }: { webhook: Webhook }) {
  const now = useNow()
  if (webhook.status === 'disabled') {
    return (
      <Note
        tone="warn"
        title={webhook.disabledReason ? t.webhooks.pausedReason(webhook.disabledReason) : t.webhooks.paused}
      >
        {t.webhooks.pausedLead}
      </Note>
    )
  }
  const health = webhook.health
  const patience = health?.pausedUntil && Date.parse(health.pausedUntil) > now && (
    <>
      {t.webhooks.askedForPatience} <When at={health.pausedUntil} />
    </>
  )
  if (!health?.failingSince) return patience ? <Note tone="info" title={patience} /> : null
  return (
    <Note
      tone="bad"
      title={
        <>
          {t.webhooks.failing(health.consecutiveFailures)}, {t.webhooks.failingSince} <When at={health.failingSince} />
        </>
      }
    >
      {health.lastError}
      <Advice webhook={webhook} />
      {health.openUntil && Date.parse(health.openUntil) > now && (
        <div className="dim">
          {t.webhooks.circuitOpen} <When at={health.openUntil} />
        </div>
      )}
      {patience && <div className="dim">{patience}</div>}
    </Note>
  )
}

// FilterTrouble tells of events that the filter could not be evaluated on.
function FilterTrouble({ webhook }: { webhook: Webhook }) {
  const errors = webhook.filterErrors
  if (!errors) return null
  const { eventId, reason, at } = errors.last
  return (
    <Note tone="warn" title={t.webhooks.filterErrors(count(errors.count), errors.count === 1)}>
      {t.webhooks.filterError[reason]}{' '}
      <LinkAnchor
        component="a"
        to="/$chatbotId/events/$eventId"
        params={{ chatbotId: webhook.chatbotId, eventId }}
        className="mono"
      >
        {eventId}
      </LinkAnchor>
      , <When at={at} />
    </Note>
  )
}

// Advice is about the newest attempt that failed: its class says more than the words alone.
function Advice({ webhook }: { webhook: Webhook }) {
  const { chatbotId, id: webhookId } = webhook
  const retrying = useInfiniteQuery(deliveriesQuery(chatbotId, { webhookId, status: 'retrying' }))
  const setAside = useInfiniteQuery(deliveriesQuery(chatbotId, { webhookId, status: 'set_aside' }))
  const failed = useInfiniteQuery(deliveriesQuery(chatbotId, { webhookId, status: 'failed' }))
  const newest = [retrying, setAside, failed].flatMap((query) => query.data?.pages[0]?.data[0] ?? [])[0]
  const delivery = useQuery({ ...deliveryQuery(chatbotId, newest?.id ?? ''), enabled: newest !== undefined })
  const attempt = delivery.data?.attempts.at(-1)
  const failure = attempt && failureWords(attempt.outcome, attempt.responseStatus)
  if (!failure) return null
  return (
    <div>
      <strong>{t.webhooks.whatToDo}:</strong> {failure.advice}
    </div>
  )
}
