interface Page<T> {
  data: T[]
  nextCursor: string | null
}

export const COUNT_PAGE = 250
export const COUNT_LIMIT = 1000

// countPages counts what a list holds, exactly below COUNT_LIMIT: the API has no totals, since a
// database can't count large tables quickly.
export async function countPages<T>(
  read: (cursor: string | undefined) => Promise<Page<T>>,
  counts: (item: T) => boolean = () => true,
): Promise<number> {
  let total = 0
  let cursor: string | undefined
  do {
    const page = await read(cursor)
    total += page.data.filter(counts).length
    cursor = page.nextCursor ?? undefined
  } while (cursor && total < COUNT_LIMIT)
  return Math.min(total, COUNT_LIMIT)
}
