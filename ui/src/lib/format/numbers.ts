const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })
const short = new Intl.NumberFormat('en-US', { notation: 'compact', maximumFractionDigits: 1 })

// The server counts conversations so far.
export const MOST_COUNTED = 1000

export const counted = (n: number): string => (n >= MOST_COUNTED ? `${MOST_COUNTED - 1}+` : String(n))

export const count = (n: number): string => (Math.abs(n) < 100_000 ? whole.format(n) : short.format(n))

// percent never rounds up to 100 %: one failure in a million still shows.
export function percent(share: number | null | undefined): string {
  if (share === null || share === undefined) return '–'
  if (share === 1) return '100 %'
  const floored = Math.floor(share * 1000) / 10
  return `${floored} %`
}

// duration in milliseconds: "0.8 ms", "85 ms", "1.2 s".
export function duration(ms: number): string {
  if (ms < 10) return `${Number(ms.toFixed(1))} ms`
  if (ms < 1_000) return `${Math.round(ms)} ms`
  return `${(ms / 1_000).toFixed(ms < 10_000 ? 1 : 0)} s`
}

export const plural = (n: number, one: string): string => `${count(n)} ${n === 1 ? one : `${one}s`}`
