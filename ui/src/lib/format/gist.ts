import type { Envelope } from '../api/shapes'

const TELLING = [
  'message',
  'comment',
  'reason',
  'error',
  'name',
  'change',
  'to',
  'rating',
  'score',
  'emailId',
  'agentName',
]

// gist is what an event's data says, in one line: its most telling field, or all of it.
export function gist(event: Pick<Envelope, 'data'>): string {
  for (const field of TELLING) {
    const value = event.data[field]
    if (typeof value === 'string' && value !== '') return value
    if (typeof value === 'number') return `${field} ${value}`
  }
  const { user } = event.data
  if (typeof user === 'object' && user !== null) {
    const { name, emailId, externalId } = user as Record<string, unknown>
    const who = name || emailId || externalId
    if (typeof who === 'string' && who !== '') return who
  }
  return Object.entries(event.data)
    .filter(([name]) => name !== 'chatbotId')
    .map(([name, value]) => `${name} ${typeof value === 'object' ? JSON.stringify(value) : value}`)
    .join(', ')
}
