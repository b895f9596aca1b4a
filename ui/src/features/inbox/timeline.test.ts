import { describe, expect, it } from 'vitest'
import type { Envelope, Message, PrivateNote } from '../../lib/api/shapes'
import { dayOf, linesOf, turnOf } from './timeline'

const at = (day: number, minute: number) => new Date(2026, 10, day, 12, minute).toISOString()
const message = (id: string, createdAt: string): Message => ({
  id,
  conversationId: 'conv_1',
  chatUser: 'user',
  message: id,
  createdAt,
})
const note = (id: string, createdAt: string): PrivateNote => ({
  id,
  conversationId: 'conv_1',
  authorId: 'mem_1',
  authorName: 'Ada',
  text: id,
  createdAt,
})
const event = (name: string, data: Record<string, unknown>, createdAt = at(22, 0)): Envelope =>
  ({ id: `evt_${name}`, event: name, createdAt, data }) as unknown as Envelope

describe('the lines of a transcript', () => {
  it('stand in the order in which they happened, under days', () => {
    const lines = linesOf(
      [message('hello', at(20, 1)), message('today', at(22, 1))],
      [note('careful', at(21, 2))],
      [event('conversationClosed', {}, at(22, 2)), event('conversationReopened', { by: 'Ada' }, at(22, 3))],
      Date.parse(at(22, 30)),
    )
    expect(lines.map((line) => (line.kind === 'day' ? line.day : line.kind))).toEqual([
      'Friday 20 November',
      'message',
      'Yesterday',
      'note',
      'Today',
      'message',
      'turn',
    ])
  })

  it('have an agent take over before the answer that was stored with it', () => {
    const answer = { ...message('answer', at(22, 1)), chatUser: 'humanagent' } as Message
    const turns = [event('agentAssigned', { agentName: 'Ada' }, at(22, 1))]
    const kinds = linesOf([message('asked', at(22, 1)), answer], [], turns, Date.parse(at(22, 2))).map(({ id }) => id)
    expect(kinds.slice(1)).toEqual(['asked', 'evt_agentAssigned', 'answer'])
  })

  it('say who took over, gave back, closed and reopened', () => {
    expect(turnOf(event('agentAssigned', { agentId: 'a7', agentName: 'Ada' }))).toBe('Ada took over')
    expect(turnOf(event('agentAssigned', { agentId: 'a7', agentName: '' }))).toBe('a7 took over')
    expect(turnOf(event('conversationStatusChanged', { to: 'closed', by: 'Ada' }))).toBe('Closed by Ada')
    expect(turnOf(event('conversationStatusChanged', { to: 'closed', by: 'system', reason: 'Nothing was said' }))).toBe(
      'Closed by itself: Nothing was said',
    )
    expect(turnOf(event('conversationStatusChanged', { to: 'active', by: 'Ada' }))).toBeUndefined()
    expect(turnOf(event('messageReceived', {}))).toBeUndefined()
  })

  it('name a day of another year with its year', () => {
    expect(dayOf(at(20, 0), new Date(2027, 0, 3).getTime())).toMatch(/^Friday,? 20 November 2026$/)
  })
})
