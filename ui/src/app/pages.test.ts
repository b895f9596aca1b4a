import { describe, expect, it } from 'vitest'
import { scaleOf } from '../components/chart/scale'
import { answerWords } from '../features/tester/answers'
import { bodyOf, CUSTOM_NAME, draftOf, emptyDraft } from '../features/webhooks/draft'
import { eventNames } from '../lib/format/eventNames'
import { eventsInWords } from '../lib/format/eventsInWords'
import { safePath } from '../lib/session'

describe('the names to filter by', () => {
  it('are the catalog’s, and the custom ones that are in sight or chosen', () => {
    const types = [{ name: 'ping' }] as Parameters<typeof eventNames>[0]
    const items = [{ event: 'custom.b' }, { event: 'ping' }, { event: 'custom.b' }]
    expect(eventNames(types, items, 'custom.a')).toEqual(['ping', 'custom.a', 'custom.b'])
    expect(eventNames(undefined, undefined)).toEqual([])
  })
})

describe('safePath', () => {
  it.each([
    ['/bot_1/events?event=ping', '/bot_1/events?event=ping'],
    ['https://evil.example/', '/'],
    ['//evil.example/', '/'],
    ['/\\evil.example', '/'],
    ['javascript:alert(1)', '/'],
    [undefined, '/'],
  ])('%s leads to %s', (next, path) => expect(safePath(next)).toBe(path))
})

describe('what a receiver answers', () => {
  it.each([
    [0, '204 if the signature is valid, 401 if not'],
    [503, '503 Service Unavailable'],
    [418, '418'],
  ])('%i is said in words', (status, words) => expect(answerWords(status)).toBe(words))
})

describe('webhook drafts', () => {
  it('leave out headers without a name, and come back as they were saved', () => {
    const body = bodyOf({
      ...emptyDraft,
      url: ' https://example.com/ ',
      events: ['ping'],
      headers: [
        { id: 1, name: ' X-Key ', value: 'a' },
        { id: 2, name: '', value: 'b' },
      ],
    })
    expect(body).toMatchObject({ url: 'https://example.com/', headers: { 'X-Key': 'a' }, timeoutSeconds: 15 })
    const webhook = {
      ...body,
      id: 'whk_1',
      chatbotId: 'bot_1',
      description: '',
      headers: body.headers ?? {},
      ordering: 'none' as const,
      setAsideAfter: 3,
      timeoutSeconds: 20,
      retrySchedule: [5],
      signatures: ['v1'],
      status: 'enabled' as const,
      createdAt: '',
      updatedAt: '',
    }
    expect(bodyOf(draftOf(webhook))).toMatchObject({ ordering: 'none', setAsideAfter: 3, timeoutSeconds: 20 })
  })

  it('name custom events as the server does', () => {
    expect(CUSTOM_NAME.test('custom.order-shipped_2.x')).toBe(true)
    for (const name of ['custom.', 'custom.*', 'order', `custom.${'x'.repeat(65)}`])
      expect(CUSTOM_NAME.test(name)).toBe(false)
  })
})

describe('what a webhook hears', () => {
  it('is said in a line', () => {
    expect(eventsInWords(['ping', '*'])).toBe('All events')
    expect(eventsInWords(['a', 'b', 'c'])).toBe('a, b, c')
    expect(eventsInWords(['a', 'b', 'c', 'd'])).toBe('a, b + 2')
  })
})

describe('a chart', () => {
  it('has a scale with round ends', () => {
    expect([0, 1, 2, 3, 11, 99, 101, 4300].map(scaleOf)).toEqual([2, 2, 2, 4, 12, 100, 120, 6000])
  })
})
