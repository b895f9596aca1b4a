import { answered, api } from '../../api/client'
import { COUNT_PAGE, countPages } from '../../api/counting'
import type { ReplayCreation, Webhook } from '../../api/shapes'
import { compile } from '../../words/filter'

// countReplay tells how many events a replay would send, exactly below COUNT_LIMIT. It reads what
// the replay will choose from: the webhook's deliveries, or the chatbot's events.
export function countReplay(webhook: Webhook, replay: ReplayCreation, signal: AbortSignal): Promise<number> {
  const path = { chatbotId: webhook.chatbotId }
  const { since, until } = replay
  const [status] = replay.status ?? []
  if (status) {
    const seen = new Set<string>()
    return countPages(
      (cursor) =>
        answered(
          api.GET('/api/{chatbotId}/deliveries', {
            params: { path, query: { webhookId: webhook.id, status, since, until, limit: COUNT_PAGE, cursor } },
            signal,
          }),
        ),
      (delivery) => !seen.has(delivery.eventId) && Boolean(seen.add(delivery.eventId)),
    )
  }
  const matches = webhook.filter ? compile(webhook.filter) : undefined
  return countPages(
    (cursor) =>
      answered(
        api.GET('/api/{chatbotId}/events', {
          params: { path, query: { since, until, limit: COUNT_PAGE, cursor } },
          signal,
        }),
      ),
    (event) => hears(webhook.events, event.event) && (matches?.(event) ?? true),
  )
}

export function hears(subscribed: string[], event: string): boolean {
  return (
    subscribed.includes('*') ||
    subscribed.includes(event) ||
    (event.startsWith('custom.') && subscribed.includes('custom.*'))
  )
}
