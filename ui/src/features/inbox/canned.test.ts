import { describe, expect, it } from 'vitest'
import type { CannedReply } from '../../lib/api/shapes'
import { matching, slashWord } from './CannedPicker'

const reply = (name: string, text: string) => ({ id: name, name, text }) as CannedReply

describe('canned replies', () => {
  it('are offered after a slash at the beginning of a word', () => {
    expect(slashWord('/')).toBe('')
    expect(slashWord('Hello /ref')).toBe('ref')
    expect(slashWord('and/or')).toBeUndefined()
    expect(slashWord('/refund ')).toBeUndefined()
    expect(slashWord('https://a')).toBeUndefined()
  })

  it('are found by the beginning of their name first', () => {
    const all = [reply('bye', 'About your refund'), reply('refund', 'On its way'), reply('hello', 'Good day')]
    expect(matching(all, 'REF').map(({ name }) => name)).toEqual(['refund', 'bye'])
    expect(matching(all, '')).toHaveLength(3)
    expect(matching(all, 'zzz')).toEqual([])
  })
})
