export interface Item {
  id: string
}

// Pages is how an infinite list is kept.
export interface Pages<T extends Item = Item> {
  pages: { data: T[]; nextCursor: string | null }[]
  pageParams: unknown[]
}

// MOST items of a list are kept while it grows by itself; beyond them the oldest pages go, and are read
// again when somebody scrolls there.
const MOST = 1_000
const KEPT = 200

// prepended puts new items, oldest first, on top of a list, those that it has already left out.
export function prepended<T extends Item>(data: Pages<T>, items: T[]): Pages<T> {
  const known = new Set(data.pages[0]?.data.map((item) => item.id))
  const fresh = items.filter((item) => !known.has(item.id)).toReversed()
  const [first, ...rest] = data.pages
  if (!first || fresh.length === 0) return data
  return bounded({ ...data, pages: [{ ...first, data: [...fresh, ...first.data] }, ...rest] })
}

// withNewHead replaces the page where a list grows by how it is now. What the old page had besides moves
// down; if nothing is known of the new page, too much has happened, and the list begins anew with it.
export function withNewHead<T extends Item>(
  data: Pages<T>,
  page: Pages<T>['pages'][number],
  grows: 'first' | 'last',
): Pages<T> {
  if (grows === 'last') return { ...data, pages: [...data.pages.slice(0, -1), page] }
  const [first, ...rest] = data.pages
  const fresh = new Map(page.data.map((item) => [item.id, item]))
  const overlaps = data.pages.some((each) => each.data.some((item) => fresh.has(item.id)))
  if (!first || !page.nextCursor || !overlaps) return { pages: [page], pageParams: data.pageParams.slice(0, 1) }
  const without = (items: T[]) => items.filter((item) => !fresh.has(item.id))
  return bounded({
    ...data,
    pages: [
      { ...first, data: [...page.data, ...without(first.data)] },
      ...rest.map((each) => ({ ...each, data: without(each.data) })),
    ],
  })
}

// overgrown tells whether a list's first page has been cut, so that its cursor is to be read again.
export const overgrown = (data: Pages | undefined): boolean =>
  data?.pages.length === 1 && data.pages[0]?.data.length === KEPT && data.pages[0].nextCursor === null

// bounded cuts what a list has too much.
function bounded<T extends Item>(data: Pages<T>): Pages<T> {
  let total = data.pages.reduce((sum, page) => sum + page.data.length, 0)
  let pages = data.pages
  while (total > MOST && pages.length > 1) {
    total -= pages.at(-1)?.data.length ?? 0
    pages = pages.slice(0, -1)
  }
  const [first] = pages
  if (total > MOST && first) pages = [{ ...first, data: first.data.slice(0, KEPT), nextCursor: null }]
  return pages === data.pages ? data : { pages, pageParams: data.pageParams.slice(0, pages.length) }
}
