import type { QueryClient, QueryKey } from '@tanstack/react-query'
import type { Envelope } from '../api/shapes'

// How soon after an event what it changed is read again. Twice, because its deliveries are
// attempted a moment after it was committed.
const AT_ONCE_MS = 150
const SETTLED_MS = 1_500

// Refresher marks as old what events have changed, at most every so often, however many come.
// Only what a page shows at present is read again.
export class Refresher {
  private readonly queries: QueryClient
  private readonly chatbotId: string
  private changed = new Map<string, QueryKey>()
  private timers = new Map<number, ReturnType<typeof setTimeout>>()

  constructor(queries: QueryClient, chatbotId: string) {
    this.queries = queries
    this.chatbotId = chatbotId
  }

  events(events: Envelope[]) {
    for (const event of events) for (const key of touched(event)) this.changed.set(JSON.stringify(key), key)
    this.in(AT_ONCE_MS, () => this.refresh(false))
    this.in(SETTLED_MS, () => this.refresh(true))
  }

  everything() {
    void this.queries.invalidateQueries({ queryKey: [this.chatbotId] })
  }

  stop() {
    for (const timer of this.timers.values()) clearTimeout(timer)
    this.timers.clear()
  }

  private in(ms: number, action: () => void) {
    if (this.timers.has(ms)) return
    this.timers.set(
      ms,
      setTimeout(() => {
        this.timers.delete(ms)
        action()
      }, ms),
    )
  }

  private refresh(settled: boolean) {
    for (const key of this.changed.values()) {
      void this.queries.invalidateQueries({ queryKey: [this.chatbotId, ...key] })
    }
    if (settled) this.changed.clear()
  }
}

function touched(event: Envelope): QueryKey[] {
  const keys: QueryKey[] = [['deliveries'], ['stats'], ['webhooks'], ['events']]
  if (event.conversationId) {
    keys.push(['conversations'], ['conversation', event.conversationId], ['messages', event.conversationId])
  }
  if (event.event === 'knowledgeUpdated') keys.push(['documents'], ['document'])
  if (event.event === 'apiKeyRotated') keys.push(['keys'])
  return keys
}
