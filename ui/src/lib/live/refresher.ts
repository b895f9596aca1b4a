import type { Query, QueryClient, QueryKey } from '@tanstack/react-query'
import type { Envelope } from '../api/shapes'
import type { Topic } from '../api/stream'
import { overgrown, type Pages, prepended, withNewHead } from './pages'

// How often each kind of query is read again at most, in ms. Between them they are the budget of a page:
// with any number of events a second it makes less than two calls a second.
const EVERY: Record<string, number> = {
  messages: 2_000,
  deliveries: 2_000,
  replays: 2_000,
  conversation: 5_000,
  conversations: 4_000,
  turns: 5_000,
  counts: 5_000,
  stats: 5_000,
  webhooks: 5_000,
}
const SELDOM = 3_000
const SOON = 150 // so that what one action changed is read once

const OF_TOPIC: Record<Topic, QueryKey[]> = {
  events: [],
  deliveries: [['deliveries'], ['stats'], ['received']],
  webhooks: [['webhooks'], ['stats']],
  replays: [['replays']],
  inbox: [['counts'], ['conversations'], ['conversation'], ['notes'], ['canned'], ['inbox'], ['agents']],
}

interface Pace {
  key: QueryKey
  last: number
  timer?: ReturnType<typeof setTimeout>
}

// Refresher reads again what has changed of a chatbot, at most every so often, however much happens. Only
// what a page shows at present is read; of a list only its head, and events are put there as they come.
export class Refresher {
  private readonly queries: QueryClient
  private readonly chatbotId: string
  private readonly paces = new Map<string, Pace>()

  constructor(queries: QueryClient, chatbotId: string) {
    this.queries = queries
    this.chatbotId = chatbotId
  }

  events(events: Envelope[]) {
    this.prepend(events)
    for (const event of events) for (const key of touched(event)) this.soon(key)
  }

  topics(topics: Topic[]) {
    for (const topic of topics) for (const key of OF_TOPIC[topic]) this.soon(key)
  }

  // everything is read again when something may have been missed.
  everything() {
    void this.queries.invalidateQueries({ queryKey: [this.chatbotId] })
  }

  stop() {
    for (const pace of this.paces.values()) clearTimeout(pace.timer)
    this.paces.clear()
  }

  private soon(key: QueryKey) {
    const name = JSON.stringify(key)
    const pace = this.paces.get(name) ?? { key, last: 0 }
    this.paces.set(name, pace)
    if (pace.timer) return
    const every = EVERY[String(key[0])] ?? SELDOM
    pace.timer = setTimeout(
      () => {
        pace.timer = undefined
        pace.last = Date.now()
        this.refresh(pace.key)
      },
      Math.max(SOON, pace.last + every - Date.now()),
    )
  }

  private refresh(key: QueryKey) {
    for (const query of this.queries.getQueryCache().findAll({ queryKey: [this.chatbotId, ...key] })) {
      if (query.isActive() && isList(query) && !isQueue(query)) void this.readHead(query, key)
      else void this.queries.invalidateQueries({ queryKey: query.queryKey, exact: true })
    }
  }

  // readHead reads the end of a list where it grows: the first page, or the last one of messages.
  private async readHead(query: Query, key: QueryKey) {
    const before = query.state.data as Pages
    const grows = query.queryKey[1] === 'messages' ? 'last' : 'first'
    const pageParam = grows === 'last' ? before.pageParams.at(-1) : before.pageParams[0]
    const read = query.options.queryFn
    if (typeof read !== 'function') return
    if (query.state.fetchStatus !== 'idle') return this.soon(key) // what is being read may be older
    const { signal } = new AbortController()
    try {
      const context = { queryKey: query.queryKey, pageParam, signal, client: this.queries, meta: undefined }
      const page = (await read(context as never)) as Pages['pages'][number]
      this.put(query, (data) => withNewHead(data, page, grows))
    } catch {
      // The stream says when the server can't be reached; the next change reads again.
    }
  }

  private put(query: Query, change: (data: Pages) => Pages) {
    const data = this.queries.setQueryData<Pages>(query.queryKey, (before) => before && change(before))
    if (overgrown(data)) void this.queries.invalidateQueries({ queryKey: query.queryKey, exact: true })
  }

  private prepend(events: Envelope[]) {
    for (const query of this.queries.getQueryCache().findAll({ queryKey: [this.chatbotId, 'events'] })) {
      const filter = query.queryKey[2] as { event?: string; conversationId?: string; until?: string }
      if (filter.until) continue
      const wanted = events.filter(
        (event) =>
          (!filter.event || event.event === filter.event) &&
          (!filter.conversationId || event.conversationId === filter.conversationId),
      )
      if (wanted.length === 0) continue
      if (query.state.data) this.put(query, (data) => prepended(data, wanted))
      if (query.state.fetchStatus !== 'idle') this.soon(['events']) // what is being read may be older
    }
  }
}

// isQueue tells whether a list has its newest items at its end and loses others in between: all of it is read again.
const isQueue = (query: Query): boolean => (query.queryKey[2] as { queue?: string } | undefined)?.queue !== undefined

const isList = (query: Query): boolean => {
  const data = query.state.data as Partial<Pages> | undefined
  return Array.isArray(data?.pages) && Array.isArray(data.pageParams)
}

function touched(event: Envelope): QueryKey[] {
  const keys: QueryKey[] = [['preview']]
  if (event.conversationId) {
    const id = event.conversationId
    keys.push(['conversations'], ['counts'], ['conversation', id], ['messages', id], ['turns', id])
  }
  if (event.event === 'knowledgeUpdated') keys.push(['documents'], ['document'])
  if (event.event === 'apiKeyRotated') keys.push(['keys'])
  if (event.event === 'webhookDisabled') keys.push(['webhooks'])
  return keys
}
