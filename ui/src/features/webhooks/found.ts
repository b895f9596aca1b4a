import type { ChatbotStats, Webhook } from '../../lib/api/shapes'

export type WebhookSort = 'trouble' | 'traffic' | 'newest'
export type Summary = ChatbotStats['webhooks'][number]

const TROUBLE = ['failing', 'degraded', 'disabled', 'healthy', 'idle']

// found are the webhooks that have all words of a search, sorted.
export function found(
  webhooks: Webhook[],
  summaries: Map<string, Summary>,
  query: string,
  sort: WebhookSort | undefined,
): Webhook[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean)
  const matching = webhooks.filter((webhook) => {
    const text = [webhook.url, webhook.description, webhook.id, ...webhook.events].join(' ').toLowerCase()
    return words.every((word) => text.includes(word))
  })
  const trouble = (webhook: Webhook) => TROUBLE.indexOf(stateOf(webhook, summaries.get(webhook.id)) ?? 'idle')
  const traffic = ({ id }: Webhook) => {
    const attempts = summaries.get(id)?.attempts
    return attempts ? attempts.succeeded + attempts.failed : 0
  }
  switch (sort) {
    case 'trouble':
      return matching.toSorted((a, b) => trouble(a) - trouble(b))
    case 'traffic':
      return matching.toSorted((a, b) => traffic(b) - traffic(a))
    case 'newest':
      return matching.toSorted((a, b) => b.createdAt.localeCompare(a.createdAt))
    default:
      return matching
  }
}

export const stateOf = (webhook: Webhook, summary: Summary | undefined) =>
  webhook.status === 'disabled' ? 'disabled' : summary?.state
