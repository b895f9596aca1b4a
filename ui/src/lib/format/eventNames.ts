import type { EventType } from '../api/shapes'

// eventNames are the types that a list can be filtered by: the catalog's, and of the custom ones,
// which only their events tell of, those in sight and the one that was chosen.
export function eventNames(
  types: EventType[] | undefined,
  items: { event: string }[] | undefined,
  chosen?: string,
): string[] {
  const seen = [...(items ?? []).map((item) => item.event), ...(chosen ? [chosen] : [])]
  return [...new Set([...(types ?? []).map((type) => type.name), ...seen.sort()])]
}
