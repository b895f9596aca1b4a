import { describe, expect, it } from 'vitest'
import { compile } from './filter'

const event = {
  event: 'messageReceived',
  data: { message: 'Hello', senderType: 'user', rating: 4, tags: ['vip', 'late'] },
  id: 'evt_38g4k4jvm0001',
  createdAt: '2026-11-22T19:00:00.123Z',
  apiVersion: '1',
  conversationId: 'conv_38g4k4jvm0001',
  sequence: 7,
}

describe('compile', () => {
  it.each([
    ['data.senderType == "user"', true],
    ['data.senderType == "bot"', false],
    ['event.startsWith("message") && sequence > 3', true],
    ['data.rating >= 4', true],
    ['data.rating < 3.5', false],
    ['"vip" in data.tags', true],
    ['has(data.score) && data.score > 1', false],
    ['data.score > 1', false],
    ['createdAt > timestamp("2026-01-01T00:00:00Z")', true],
    ['data.message.matches("^Hel+o$")', true],
    ['conversationId != ""', true],
  ])('%s', (filter, matches) => {
    expect(compile(filter)?.(event)).toBe(matches)
  })

  it.each(['data.senderType ==', 'nobody == 1', '1 + 1', 'event'])('refuses %s', (filter) => {
    expect(compile(filter)).toBeUndefined()
  })

  it('takes an event outside a conversation as the server does', () => {
    const { conversationId: _, sequence: __, ...outside } = event
    expect(compile('conversationId == "" && sequence == 0')?.(outside)).toBe(true)
  })
})
