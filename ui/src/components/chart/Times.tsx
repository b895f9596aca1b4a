import type { StatsWindow } from '../../lib/api/shapes'
import { tickTime } from '../../lib/format/time'
import css from './chart.module.css'
import { tickEvery } from './scale'

// Times is the axis below a chart.
export function Times({ at, window }: { at: string[]; window: StatsWindow }) {
  const every = tickEvery(at.length)
  return (
    <div className={`${css.times} num`} aria-hidden>
      {at.map((each, i) => (
        <span key={each} data-between={i % (2 * every) !== 0 || undefined}>
          {i % every === 0 && tickTime(each, window)}
        </span>
      ))}
    </div>
  )
}
