import type { Stats } from '../../api/shapes'

export interface Outcomes {
  at: string
  succeeded: number
  failed: number
}

// outcomesOf adds up what several webhooks did, step by step.
export function outcomesOf(stats: Stats[]): Outcomes[] {
  const steps = new Map<string, Outcomes>()
  for (const { at, succeeded, failed } of stats.flatMap((each) => each.series)) {
    const step = steps.get(at) ?? { at, succeeded: 0, failed: 0 }
    steps.set(at, { at, succeeded: step.succeeded + succeeded, failed: step.failed + failed })
  }
  return [...steps.values()].sort((a, b) => a.at.localeCompare(b.at))
}

// scaleOf is the least round number that the highest bar fits under, and that has a whole half.
export function scaleOf(highest: number): number {
  const digit = 10 ** Math.floor(Math.log10(Math.max(highest, 1)))
  const tops = [1, 1.2, 1.6, 2, 3, 4, 6, 8, 10].map((times) => Math.round(times * digit))
  return tops.find((top) => top >= highest && top % 2 === 0) ?? 10 * digit
}
