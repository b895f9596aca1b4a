import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Note } from '../../components/Note'
import { When } from '../../components/When'
import { deliveriesQuery, deliveryQuery } from '../../lib/api/queries'
import type { Webhook } from '../../lib/api/shapes'
import { failureWords } from '../../lib/format/failure'
import { t } from '../../lib/strings'

// WebhookTrouble says that a webhook is paused or failing, why, and what to do.
export function WebhookTrouble({ webhook }: { webhook: Webhook }) {
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
  if (!health?.failingSince) return null
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
      {health.openUntil && Date.parse(health.openUntil) > Date.now() && (
        <div className="dim">
          {t.webhooks.circuitOpen} <When at={health.openUntil} />
        </div>
      )}
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
