import { describe, expect, it } from 'vitest'
import { EventParser } from './sse'

const stream =
  'retry: 2000\n: connected\n\nid: evt_1\nevent: messageReceived\ndata: {"a":1}\n\nid: evt_2\nevent: custom.x\ndata: one\ndata: two\n\n: \n\n'
const events = [
  { id: 'evt_1', type: 'messageReceived', data: '{"a":1}' },
  { id: 'evt_2', type: 'custom.x', data: 'one\ntwo' },
]

describe('EventParser', () => {
  it.each([1, 2, 7, 1000])('reads pieces of %d characters', (size) => {
    const parser = new EventParser()
    const read = []
    for (let i = 0; i < stream.length; i += size) read.push(...parser.push(stream.slice(i, i + size)))
    expect(read).toEqual(events)
  })

  it('takes every kind of line end', () => {
    for (const end of ['\r\n', '\r']) {
      const parser = new EventParser()
      expect([...parser.push(stream.replaceAll('\n', end)), ...parser.push(`${end}${end}`)]).toEqual(events)
    }
  })

  it('keeps an event back until it is whole', () => {
    const parser = new EventParser()
    expect(parser.push('id: evt_1\ndata: x\n')).toEqual([])
    expect(parser.push('\n')).toEqual([{ id: 'evt_1', type: 'message', data: 'x' }])
  })
})
