import { describe, expect, it } from 'vitest'
import type { Outcome } from '../api/shapes'
import { failureWords, firstSentence } from './failure'

const failed: Outcome[] = [
  'redirect',
  'timeout',
  'dns',
  'connect',
  'tls',
  'blocked',
  'protocol',
  'canceled',
  'badWebhook',
]

describe('failureWords', () => {
  it('has none for a success', () => expect(failureWords('success', 204)).toBeUndefined())

  it.each(failed)('explains %s and says what to do', (outcome) => {
    const words = failureWords(outcome, undefined)
    expect(words?.title).toBeTruthy()
    expect(words?.advice.length).toBeGreaterThan(20)
  })

  it('tells statuses apart', () => {
    expect(failureWords('status', 401)?.advice).toContain('signature')
    expect(failureWords('status', 404)?.title).toBe('404 Not Found')
    expect(failureWords('status', 418)).toMatchObject({ title: 'Answered 418' })
    expect(failureWords('status', 503)?.advice).toContain('log')
  })
})

describe('firstSentence', () => {
  it.each([
    ['The connection to 127.0.0.1:9 was refused. Check it.', 'The connection to 127.0.0.1:9 was refused'],
    ['The endpoint did not answer within 15 s. It should.', 'The endpoint did not answer within 15 s'],
    ['no full stop', 'no full stop'],
  ])('%s', (words, first) => expect(firstSentence(words)).toBe(first))
})
