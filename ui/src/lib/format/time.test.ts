import { describe, expect, it } from 'vitest'
import { countdown, fromLocal, localTime, relativeTime, span, windowStart } from './time'

const now = Date.parse('2026-11-22T19:00:00Z')
const at = (seconds: number) => new Date(now + seconds * 1000).toISOString()

describe('relativeTime', () => {
  it.each([
    [-1, 'now'],
    [1, 'now'],
    [-12, '12 s ago'],
    [-59.9, '59 s ago'],
    [-60, '1 min ago'],
    [-3599, '59 min ago'],
    [-7200, '2 h ago'],
    [-3 * 86_400, '3 d ago'],
    [16, 'in 16 s'],
    [90, 'in 1 min'],
    [86_400, 'in 1 d'],
    [-20 * 86_400, '2 Nov'],
    [-400 * 86_400, '18 Oct 2025'],
  ])('%d s from now: %s', (seconds, words) => {
    expect(relativeTime(at(seconds), now)).toBe(words)
  })
})

describe('span', () => {
  it('rounds down to the largest unit', () => {
    expect([span(999), span(90_000), span(86_399_999), span(86_400_000)]).toEqual(['0 s', '1 min', '23 h', '1 d'])
  })
})

describe('countdown', () => {
  it.each([
    [0, '0:00'],
    [-5, '0:00'],
    [1, '0:01'],
    [245_000, '4:05'],
    [86_399_000, '23:59:59'],
    [7 * 86_400_000, '168:00:00'],
  ])('%d ms: %s', (ms, words) => {
    expect(countdown(ms)).toBe(words)
  })
})

describe('windowStart', () => {
  it('is the same for a whole minute', () => {
    expect(windowStart('1h', now + 59_999)).toBe('2026-11-22T18:00:00.000Z')
    expect(windowStart('7d', now)).toBe('2026-11-15T19:00:00.000Z')
  })
})

describe('localTime', () => {
  it('goes to the minute and back, in the reader’s time zone', () => {
    expect(fromLocal(localTime('2026-11-22T19:05:42.123Z'))).toBe('2026-11-22T19:05:00.000Z')
    expect(fromLocal(localTime('2026-07-22T23:59:00.000Z'))).toBe('2026-07-22T23:59:00.000Z')
  })
})
