import type { Envelope, Message, PrivateNote } from '../../lib/api/shapes'
import { words } from './strings'

// A line of the transcript: a message, a private note, or what happened between them.
export type Line =
  | { kind: 'day'; id: string; at: string; day: string }
  | { kind: 'message'; id: string; at: string; message: Message }
  | { kind: 'note'; id: string; at: string; note: PrivateNote }
  | { kind: 'turn'; id: string; at: string; text: string; event: Envelope }

const longDay = new Intl.DateTimeFormat('en-GB', { weekday: 'long', day: 'numeric', month: 'long' })
const longDayYear = new Intl.DateTimeFormat('en-GB', {
  weekday: 'long',
  day: 'numeric',
  month: 'long',
  year: 'numeric',
})

// dayOf is the heading of a day, as seen from now.
export function dayOf(at: string, now: number): string {
  const date = new Date(at)
  const today = new Date(now)
  const days = Math.round((midnight(today) - midnight(date)) / 86_400_000)
  if (days === 0) return words.today
  if (days === 1) return words.yesterday
  return (date.getFullYear() === today.getFullYear() ? longDay : longDayYear).format(date)
}

const midnight = (date: Date) => new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime()

// turnOf puts an event that is no message into words; undefined if another event says the same.
export function turnOf({ event, data }: Envelope): string | undefined {
  const say = words.turns
  const word = (name: string) => String(data[name] ?? '')
  switch (event) {
    case 'handoverRequested':
      return say.asked(word('reason'))
    case 'agentAssigned':
      return say.assigned(word('agentName') || word('agentId'))
    case 'conversationReturnedToBot':
      return say.returned(word('by'))
    case 'conversationReopened':
      return say.reopened(word('by'))
    case 'conversationStatusChanged':
      return data.to === 'closed'
        ? data.by === 'system'
          ? say.closedSilent(word('reason'))
          : say.closed(word('by'))
        : undefined
    case 'leadCaptured':
      return say.lead
    case 'csatSubmitted':
      return say.scored(Number(data.score))
  }
  return undefined
}

// rank puts in order what was stored at the same moment: an agent who answers has taken over before, and what an end user
// or the bot said comes before what came of it.
function rank(line: Line): number {
  if (line.kind === 'message') return line.message.chatUser === 'humanagent' ? 3 : 0
  if (line.kind === 'turn') return line.event.event === 'agentAssigned' ? 2 : 1
  return 4
}

// linesOf puts messages, notes and turns in the order in which they happened, under headings of days.
export function linesOf(messages: Message[], notes: PrivateNote[], turns: Envelope[], now: number): Line[] {
  const lines: Line[] = [
    ...messages.map((message): Line => ({ kind: 'message', id: message.id, at: message.createdAt, message })),
    ...notes.map((note): Line => ({ kind: 'note', id: note.id, at: note.createdAt, note })),
  ]
  for (const event of turns) {
    const text = turnOf(event)
    if (text) lines.push({ kind: 'turn', id: event.id, at: event.createdAt, text, event })
  }
  lines.sort((a, b) => Date.parse(a.at) - Date.parse(b.at) || rank(a) - rank(b))
  const all: Line[] = []
  let day = ''
  for (const line of lines) {
    const heading = dayOf(line.at, now)
    if (heading !== day) all.push({ kind: 'day', id: `day ${heading}`, at: line.at, day: heading })
    day = heading
    all.push(line)
  }
  return all
}
