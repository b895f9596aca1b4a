import { beforeEach, describe, expect, it, vi } from 'vitest'
import { draftOf, keepDraft } from './kept'

const stored = new Map<string, string>()

beforeEach(() => {
  stored.clear()
  vi.stubGlobal('localStorage', {
    getItem: (name: string) => stored.get(name) ?? null,
    setItem: (name: string, value: string) => stored.set(name, value),
    removeItem: (name: string) => stored.delete(name),
  })
})

describe('drafts', () => {
  it('are kept until they are sent', () => {
    keepDraft('conv_1', 'Dear Ada,\n')
    keepDraft('conv_2', 'Hi')
    expect(draftOf('conv_1')).toBe('Dear Ada,\n')
    keepDraft('conv_1', '')
    expect(draftOf('conv_1')).toBe('')
    expect(draftOf('conv_2')).toBe('Hi')
    keepDraft('conv_2', ' ')
    expect(stored.size).toBe(0)
  })

  it('are so many at most, the oldest go', () => {
    for (let i = 0; i < 60; i++) keepDraft(`conv_${i}`, String(i))
    expect(draftOf('conv_9')).toBe('')
    expect(draftOf('conv_10')).toBe('10')
  })

  it('are none where storage holds something else, or is off', () => {
    stored.set('bot9.drafts', '{"no":')
    expect(draftOf('conv_1')).toBe('')
    vi.stubGlobal('localStorage', undefined)
    keepDraft('conv_1', 'x')
    expect(draftOf('conv_1')).toBe('')
  })
})
