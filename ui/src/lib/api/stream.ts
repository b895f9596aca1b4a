import { notices } from '../notices'
import { session } from '../session'
import type { Envelope, Presence } from './shapes'
import { EventParser } from './sse'

export type StreamState = 'connecting' | 'live' | 'lost'

// What a frame "changed" may name.
export type Topic = 'events' | 'deliveries' | 'webhooks' | 'replays' | 'inbox'

export interface StreamListener {
  onEvents(events: Envelope[]): void
  onChanged(topics: Topic[]): void
  onPresence(presence: Presence[]): void
  onState(state: StreamState): void
}

// The server writes at least every two seconds; a connection that is silent for longer than this is dead.
const SILENCE_MS = 5_000
const RETRY_MS = [500, 1000, 2000, 4000, 8000]
const UNAUTHORIZED = 401

interface Sent {
  id: string
  type: string
  data: string
}

// follow listens to a chatbot's live events until the returned function is called. After an
// interruption it goes on where it stopped, so no event is missed. A hidden page lets go of its
// connection: browsers allow six to a server, for all tabs together. One that tells of conversations that wait keeps it.
export function follow(chatbotId: string, listener: StreamListener): () => void {
  let last = ''
  let stopped = false
  let failures = 0
  let abort = new AbortController()
  let timer: ReturnType<typeof setTimeout> | undefined

  async function connect() {
    abort = new AbortController()
    const current = abort
    let watchdog = setTimeout(() => current.abort(), SILENCE_MS)
    try {
      const headers: Record<string, string> = { Accept: 'text/event-stream' }
      if (last) headers['Last-Event-ID'] = last
      const answer = await fetch(`/api/${chatbotId}/events/stream?changes=true`, { headers, signal: current.signal })
      if (answer.status === UNAUTHORIZED) {
        clearTimeout(watchdog)
        listener.onState('lost')
        if (!(await session.ended())) return
      }
      if (!answer.ok || !answer.body) throw new Error(String(answer.status))
      failures = 0
      listener.onState('live')
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader()
      const parser = new EventParser()
      for (;;) {
        const { done, value } = await reader.read()
        if (done) break
        clearTimeout(watchdog)
        watchdog = setTimeout(() => current.abort(), SILENCE_MS)
        deliver(parser.push(value))
      }
    } catch {
      // Whatever ended the connection, the way on is the same.
    } finally {
      clearTimeout(watchdog)
    }
    if (stopped || current !== abort || letsGo()) return
    listener.onState('lost')
    timer = setTimeout(connect, RETRY_MS[Math.min(failures++, RETRY_MS.length - 1)])
  }

  function deliver(sent: Sent[]) {
    const { events, topics, presence } = told(sent)
    const newest = events.at(-1)
    if (newest) {
      last = newest.id
      listener.onEvents(events)
    }
    if (topics.length > 0) listener.onChanged(topics)
    if (presence.length > 0) listener.onPresence(presence)
  }

  function reconnectNow() {
    clearTimeout(timer)
    abort.abort()
    if (!letsGo()) void connect()
  }

  function changeVisibility() {
    if (notices.get() !== 'on') reconnectNow()
  }

  function goOffline() {
    listener.onState('lost')
    abort.abort()
  }

  document.addEventListener('visibilitychange', changeVisibility)
  window.addEventListener('online', reconnectNow)
  window.addEventListener('offline', goOffline)
  listener.onState('connecting')
  void connect()
  return () => {
    stopped = true
    clearTimeout(timer)
    abort.abort()
    document.removeEventListener('visibilitychange', changeVisibility)
    window.removeEventListener('online', reconnectNow)
    window.removeEventListener('offline', goOffline)
  }
}

const letsGo = (): boolean => document.hidden && notices.get() !== 'on'

// told sorts what the server has sent. Frames "changed" and "presence" have no ID of their own, so they carry the last
// event's, as server-sent events do; no event has these types.
export function told(sent: Sent[]): { events: Envelope[]; topics: Topic[]; presence: Presence[] } {
  const events: Envelope[] = []
  const presence: Presence[] = []
  const topics = new Set<Topic>()
  for (const { id, type, data } of sent) {
    if (type === 'changed') for (const topic of (JSON.parse(data) as { topics: Topic[] }).topics) topics.add(topic)
    else if (type === 'presence') presence.push(JSON.parse(data) as Presence)
    else if (id !== '') events.push(JSON.parse(data) as Envelope)
  }
  return { events, topics: [...topics], presence }
}
