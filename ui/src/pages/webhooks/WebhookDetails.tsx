import { Group } from '@mantine/core'
import type { ReactNode } from 'react'
import type { Webhook } from '../../api/shapes'
import { Panel } from '../../parts/Panel'
import { When } from '../../parts/When'
import { t } from '../../strings'
import { span } from '../../words/time'

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
        <Detail name="ID">
          <code className="mono">{webhook.id}</code>
        </Detail>
      </dl>
    </Panel>
  )
}

export function Detail({ name, children }: { name: string; children: ReactNode }) {
  return (
    <Group gap="xs" align="baseline" wrap="wrap">
      <dt className="dim" style={{ minWidth: 160 }}>
        {name}
      </dt>
      <dd style={{ margin: 0, minWidth: 0 }} className="wrap-anywhere">
        {children}
      </dd>
    </Group>
  )
}
