import { Id } from '../../components/Copy'
import { Detail } from '../../components/Details'
import { Panel } from '../../components/Panel'
import { When } from '../../components/When'
import type { Webhook } from '../../lib/api/shapes'
import { span } from '../../lib/format/time'
import { t } from '../../lib/strings'

export function WebhookDetails({ webhook }: { webhook: Webhook }) {
  const waits = webhook.retrySchedule.reduce((sum, seconds) => sum + seconds, 0)
  return (
    <Panel title={t.webhooks.details} padded>
      <dl style={{ margin: 0, display: 'grid', gap: 10 }}>
        <Detail name={t.webhooks.eventsSent}>
          {webhook.events.includes('*') ? t.webhooks.allEvents : webhook.events.join(', ')}
        </Detail>
        <Detail name={t.webhooks.order}>{t.webhooks.ordering[webhook.ordering]}</Detail>
        {webhook.filter && (
          <Detail name={t.webhooks.filter}>
            <code className="mono">{webhook.filter}</code>
          </Detail>
        )}
        {Object.keys(webhook.headers).length > 0 && (
          <Detail name={t.webhooks.headers}>{Object.keys(webhook.headers).join(', ')}</Detail>
        )}
        <Detail name={t.webhooks.timeout}>{webhook.timeoutSeconds}</Detail>
        <Detail name={t.webhooks.retries}>
          {t.webhooks.retriesValue(webhook.retrySchedule.length, span(waits * 1_000))}
        </Detail>
        <Detail name={t.webhooks.signatures}>{webhook.signatures.join(', ')}</Detail>
        {webhook.publicKey && (
          <Detail name={t.webhooks.publicKey}>
            <Id id={webhook.publicKey} />
          </Detail>
        )}
        {webhook.secretSince && (
          <Detail name={t.webhooks.secretSince}>
            <When at={webhook.secretSince} />
          </Detail>
        )}
        <Detail name={t.webhooks.created}>
          <When at={webhook.createdAt} />
        </Detail>
        <Detail name={t.webhooks.id}>
          <Id id={webhook.id} />
        </Detail>
      </dl>
    </Panel>
  )
}
