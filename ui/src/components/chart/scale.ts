// scaleOf is the least round number that the highest value fits under, and that has a whole half.
export function scaleOf(highest: number): number {
  const digit = 10 ** Math.floor(Math.log10(Math.max(highest, 1)))
  const tops = [1, 1.2, 1.6, 2, 3, 4, 6, 8, 10].map((times) => Math.round(times * digit))
  return tops.find((top) => top >= highest && top % 2 === 0) ?? 10 * digit
}

const TICKS = 8 // of the time axis, about

export const tickEvery = (steps: number): number => Math.max(1, Math.ceil(steps / TICKS))
