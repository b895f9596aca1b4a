import { describe, expect, it } from 'vitest'
import { curlCommand, shellQuote } from './curl'
import { gist } from './gist'
import { highlight, looksLikeJson, pretty } from './highlight'
import { marks } from './marks'
import { count, duration, percent, plural } from './numbers'

describe('highlight', () => {
  it.each([
    '{"a": "x\\"y", "n": -1.5e3, "t": true, "z": null, "deep": [{"b": 1}]}',
    '<script>alert("1")</script>',
    'not json "unclosed',
    '',
  ])('loses and adds nothing: %s', (text) => {
    expect(
      highlight(text)
        .map((token) => token.text)
        .join(''),
    ).toBe(text)
  })

  it('tells keys, texts, numbers and words apart', () => {
    const kinds = highlight('{"a": "x", "n": 1, "t": true}').filter((token) => token.kind !== 'plain')
    expect(kinds.map((token) => token.kind)).toEqual(['key', 'text', 'key', 'number', 'key', 'word'])
  })
})

describe('pretty', () => {
  it('indents JSON and leaves the rest alone', () => {
    expect(pretty('{"a":1}')).toBe('{\n  "a": 1\n}')
    expect(pretty('{"a":')).toBe('{"a":')
    expect(pretty('<b>1</b>')).toBe('<b>1</b>')
    expect(looksLikeJson('<b>')).toBe(false)
    expect(looksLikeJson('[1]')).toBe(true)
  })
})

describe('curlCommand', () => {
  it('quotes what a shell would read', () => {
    expect(shellQuote("it's $HOME `x`")).toBe("'it'\\''s $HOME `x`'")
    expect(curlCommand('https://a.example/?x=1&y', { 'X-Key': "o'k", 'Content-Length': '2' }, '{}')).toBe(
      "curl -X POST 'https://a.example/?x=1&y' \\\n  -H 'X-Key: o'\\''k' \\\n  --data-raw '{}'",
    )
  })
})

describe('numbers', () => {
  it('never rounds a failure away', () => {
    expect(percent(0.9999)).toBe('99.9 %')
    expect(percent(1)).toBe('100 %')
    expect(percent(0)).toBe('0 %')
    expect(percent(null)).toBe('–')
  })
  it('writes durations, counts and plurals', () => {
    expect([0.84, 9.96, 85.4, 1234, 15_000].map(duration)).toEqual(['0.8 ms', '10 ms', '85 ms', '1.2 s', '15 s'])
    expect([count(12_345), count(1_200_000)]).toEqual(['12,345', '1.2M'])
    expect([plural(1, 'event'), plural(2, 'event'), plural(0, 'event')]).toEqual(['1 event', '2 events', '0 events'])
  })
})

describe('gist', () => {
  it('takes the most telling field', () => {
    expect(gist({ data: { chatbotId: 'bot_1', sender: 'x', message: 'Hello' } })).toBe('Hello')
    expect(gist({ data: { user: { id: 'usr_1', emailId: 'a@b.example' }, source: 'x' } })).toBe('a@b.example')
    expect(gist({ data: { chatbotId: 'bot_1', rating: 4 } })).toBe('rating 4')
    expect(gist({ data: { chatbotId: 'bot_1', order: 42, tags: ['a'] } })).toBe('order 42, tags ["a"]')
  })
})

describe('marks', () => {
  const marked = (text: string, matched: string[]) =>
    marks(text, matched)
      .filter((piece) => piece.marked)
      .map((piece) => piece.text)

  it('marks words of the same stem, whole', () => {
    expect(marked('Delivery takes two days. Delivered at home.', ['deliver', 'take'])).toEqual([
      'Delivery',
      'takes',
      'Delivered',
    ])
    expect(marked('At the store', ['a', 'to'])).toEqual([])
    expect(marked('Größe und GRÖSSE', ['größe'])).toEqual(['Größe'])
  })

  it('keeps the text', () => {
    const text = 'Über 3 Tage: <b>Lieferung</b>'
    expect(
      marks(text, ['tage', 'lieferung'])
        .map((piece) => piece.text)
        .join(''),
    ).toBe(text)
  })
})
