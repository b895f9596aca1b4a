import type { ReactNode } from 'react'
import type { Webhook } from '../../api/shapes'
import { Id } from '../../parts/Copy'
import { Panel } from '../../parts/Panel'
import { When } from '../../parts/When'
import { t } from '../../strings'
import { span } from '../../words/time'
import css from './webhooks.module.css'

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

export function Detail({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className={css.detail}>
      <dt className="dim">{name}</dt>
      <dd className="wrap-anywhere">{children}</dd>
    </div>
  )
}
