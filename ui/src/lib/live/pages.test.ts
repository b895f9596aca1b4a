import { describe, expect, it } from 'vitest'
import { EventParser } from '../api/sse'
import { told } from '../api/stream'
import { overgrown, type Pages, prepended, withNewHead } from './pages'

const items = (...ids: number[]) => ids.map((id) => ({ id: String(id) }))
const list = (...pages: number[][]): Pages => ({
  pages: pages.map((ids, i) => ({
    data: items(...ids),
    nextCursor: i < pages.length - 1 ? `after ${ids.at(-1)}` : null,
  })),
  pageParams: pages.map((_, i) => (i === 0 ? '' : `after ${pages[i - 1]?.at(-1)}`)),
})
const idsOf = (data: Pages) => data.pages.map((page) => page.data.map((item) => Number(item.id)))

describe('what the stream tells', () => {
  it('is events, and topics whatever ID came before', () => {
    const parser = new EventParser()
    const sent = parser.push(
      'event: changed\ndata: {"topics":["webhooks"]}\n\nid: evt_1\nevent: ping\ndata: {"id":"evt_1"}\n\nevent: changed\ndata: {"topics":["deliveries","webhooks"]}\n\n',
    )
    expect(told(sent)).toEqual({ events: [{ id: 'evt_1' }], topics: ['webhooks', 'deliveries'], presence: [] })
  })
})

describe('a list that grows by itself', () => {
  it('has new items on top, each once', () => {
    expect(idsOf(prepended(list([3, 2], [1]), items(3, 4, 5)))).toEqual([[5, 4, 3, 2], [1]])
    expect(idsOf(prepended(list([]), items(1)))).toEqual([[1]])
  })

  it('takes over a page that was read again, and keeps what came before', () => {
    const head = { data: items(5, 2, 4), nextCursor: 'x' } // 2 has moved up
    expect(idsOf(withNewHead(list([4, 3], [2, 1]), head, 'first'))).toEqual([[5, 2, 4, 3], [1]])
  })

  it('begins anew where too much has happened', () => {
    const head = { data: items(9, 8), nextCursor: 'x' }
    expect(idsOf(withNewHead(list([3, 2], [1]), head, 'first'))).toEqual([[9, 8]])
    expect(idsOf(withNewHead(list([]), { data: items(1), nextCursor: null }, 'first'))).toEqual([[1]])
  })

  it('grows at its end where messages do', () => {
    expect(idsOf(withNewHead(list([1, 2], [3]), { data: items(3, 4), nextCursor: null }, 'last'))).toEqual([
      [1, 2],
      [3, 4],
    ])
  })

  it('stays small', () => {
    let data = list([1], [0])
    for (let i = 2; i < 3_000; i++) {
      data = prepended(data, items(i))
      if (overgrown(data)) break
      expect(data.pages.flatMap((page) => page.data).length).toBeLessThanOrEqual(1_000)
    }
    expect(overgrown(data)).toBe(true)
  })
})
