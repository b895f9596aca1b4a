import { useSyncExternalStore } from 'react'
import { exactTime, relativeTime } from '../lib/format/time'
import { t } from '../lib/strings'

// One clock for the whole page: every relative time on it moves at once.
const listeners = new Set<() => void>()
let now = Date.now()
let timer: ReturnType<typeof setInterval> | undefined

function subscribe(listener: () => void) {
  listeners.add(listener)
  timer ??= setInterval(() => {
    now = Date.now()
    for (const each of listeners) each()
  }, 1_000)
  return () => {
    listeners.delete(listener)
    if (listeners.size === 0) {
      clearInterval(timer)
      timer = undefined
    }
  }
}

// useNow is the time in ms since the epoch, a new one every second.
export const useNow = (): number => useSyncExternalStore(subscribe, () => now)

// When shows a moment relative to now, and exactly on hover.
export function When({ at, className }: { at: string; className?: string }) {
  return (
    <time dateTime={at} title={exactTime(at)} className={className} style={{ whiteSpace: 'nowrap' }}>
      {relativeTime(at, useNow())}
    </time>
  )
}

// Due shows when something will be done; what is late waits for its turn.
export function Due({ at, className }: { at: string; className?: string }) {
  const late = Date.parse(at) <= useNow()
  return late ? <span className={className}>{t.deliveries.due}</span> : <When at={at} className={className} />
}
