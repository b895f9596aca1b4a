const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

const dayAndMonth = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' })
const dayMonthYear = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' })
const precise = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  timeZoneName: 'short',
})
const shortClock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' })

// relativeTime puts a moment into words as seen from now: "12 s ago", "in 3 min", "4 Nov".
export function relativeTime(at: string, now: number): string {
  const ms = Date.parse(at) - now
  const distance = Math.abs(ms)
  if (distance < 2 * SECOND) return 'now'
  if (distance >= 7 * DAY) {
    const date = new Date(at)
    return (date.getFullYear() === new Date(now).getFullYear() ? dayAndMonth : dayMonthYear).format(date)
  }
  return ms < 0 ? `${span(distance)} ago` : `in ${span(distance)}`
}

// span is a length of time in its largest unit, rounded down: "90 s" is "1 min".
export function span(ms: number): string {
  if (ms < MINUTE) return `${Math.floor(ms / SECOND)} s`
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min`
  if (ms < DAY) return `${Math.floor(ms / HOUR)} h`
  return `${Math.floor(ms / DAY)} d`
}

// countdown is a length of time to the second: "23:59:58", "4:05".
export function countdown(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / SECOND))
  const two = (n: number) => String(n).padStart(2, '0')
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60), seconds % 60]
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`
}

export const exactTime = (at: string): string => precise.format(new Date(at))

export const shortTime = (at: string): string => shortClock.format(new Date(at))

// tickTime labels a chart's axis: hours within a day, days beyond it.
export function tickTime(at: string, window: '1h' | '24h' | '7d'): string {
  return window === '7d' ? dayAndMonth.format(new Date(at)) : shortClock.format(new Date(at))
}

// windowStart is the moment one of the time filters begins at, to the minute so that it stays the
// same query for that long.
export function windowStart(length: '1h' | '24h' | '7d', now: number): string {
  const ms = { '1h': HOUR, '24h': DAY, '7d': 7 * DAY }[length]
  return new Date(Math.floor((now - ms) / MINUTE) * MINUTE).toISOString()
}

// localTime and fromLocal speak with the browser's own field for a moment, which knows the reader's
// time zone and minutes only.
export function localTime(at: string): string {
  const date = new Date(at)
  return new Date(date.getTime() - date.getTimezoneOffset() * MINUTE).toISOString().slice(0, 16)
}

export const fromLocal = (value: string): string => new Date(value).toISOString()
