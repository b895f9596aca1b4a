import { type MouseEvent, useState } from 'react'
import type { Stats } from '../../api/shapes'
import { t } from '../../strings'
import { count } from '../../words/numbers'
import { tickTime } from '../../words/time'
import { outcomesOf, scaleOf } from './outcomes'
import css from './overview.module.css'

const TICKS = 8 // of the time axis, about

// DeliveriesChart shows what all webhooks together delivered, and what failed. It is drawn by hand:
// the library of the other charts weighs as much as half of the first load, and this is on it.
export function DeliveriesChart({ stats }: { stats: Stats[] }) {
  const steps = outcomesOf(stats)
  const [at, setAt] = useState<string>()
  const pointed = steps.find((step) => step.at === at)
  const top = scaleOf(Math.max(...steps.map((step) => step.succeeded + step.failed)))
  const every = Math.ceil(steps.length / TICKS)
  const sum = (of: 'succeeded' | 'failed') => count(steps.reduce((total, step) => total + step[of], 0))
  function point(event: MouseEvent<HTMLElement>) {
    const { left, width } = event.currentTarget.getBoundingClientRect()
    setAt(steps[Math.floor(((event.clientX - left) / width) * steps.length)]?.at)
  }
  return (
    <figure className={css.chart}>
      <figcaption className={`${css.legend} num`}>
        {pointed && <span className="dim">{tickTime(pointed.at, '24h')}</span>}
        <span data-outcome="succeeded">
          {t.webhooks.delivered} {pointed ? count(pointed.succeeded) : sum('succeeded')}
        </span>
        <span data-outcome="failed">
          {t.webhooks.failed} {pointed ? count(pointed.failed) : sum('failed')}
        </span>
      </figcaption>
      <div className={`${css.scale} num`} aria-hidden>
        <span>{count(top)}</span>
        <span>{count(top / 2)}</span>
        <span>0</span>
      </div>
      <div
        className={css.bars}
        role="img"
        aria-label={t.overview.overTime}
        onMouseMove={point}
        onMouseLeave={() => setAt(undefined)}
      >
        {steps.map((step) => (
          <div key={step.at} className={css.step}>
            <div data-outcome="failed" style={{ height: `${(100 * step.failed) / top}%` }} />
            <div data-outcome="succeeded" style={{ height: `${(100 * step.succeeded) / top}%` }} />
          </div>
        ))}
      </div>
      <div className={`${css.times} num`} aria-hidden>
        {steps.map((step, i) => (
          <span key={step.at} data-between={i % (2 * every) !== 0 || undefined}>
            {i % every === 0 && tickTime(step.at, '24h')}
          </span>
        ))}
      </div>
    </figure>
  )
}
