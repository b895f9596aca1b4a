import { Skeleton } from '@mantine/core'
import { Facts } from '../../components/Panel'
import { When } from '../../components/When'
import type { Stats, Webhook } from '../../lib/api/shapes'
import { count, duration, percent } from '../../lib/format/numbers'
import { t } from '../../lib/strings'

export function WebhookFacts({ webhook, stats }: { webhook: Webhook; stats: Stats | undefined }) {
  if (!stats) return <Skeleton height={88} radius={12} />
  const words = t.webhooks.facts
  const none = stats.attempts.succeeded + stats.attempts.failed === 0
  return (
    <Facts
      facts={[
        {
          name: words.successRate,
          value: percent(stats.successRate),
          hint: words.attempts(count(stats.attempts.succeeded), count(stats.attempts.failed)),
        },
        {
          name: words.latency,
          value: none ? '–' : duration(stats.latencyMs.p95),
          hint: none
            ? t.webhooks.noAttempts
            : words.latencyHint(duration(stats.latencyMs.p50), duration(stats.latencyMs.p99)),
        },
        {
          name: words.backlog,
          value: count(stats.backlog),
          hint: stats.oldestWaitingAt ? (
            <>
              {words.oldest} <When at={stats.oldestWaitingAt} />
            </>
          ) : (
            words.backlogNone
          ),
        },
        {
          name: words.concurrency,
          value: webhook.health ? Math.max(1, Math.floor(webhook.health.concurrency)) : '–',
          hint: words.concurrencyHint,
        },
      ]}
    />
  )
}
