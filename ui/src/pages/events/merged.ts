import type { Envelope } from '../../api/shapes'

// merged joins live events with stored ones, newest first, each once. IDs sort by time.
export function merged(live: Envelope[], stored: Envelope[]): Envelope[] {
  const newest = stored[0]?.id ?? ''
  return [...live.filter((event) => event.id > newest), ...stored]
}
