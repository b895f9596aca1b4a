import { type MouseEvent, useState } from 'react'
import type { StatsWindow } from '../../lib/api/shapes'
import { count } from '../../lib/format/numbers'
import { tickTime } from '../../lib/format/time'
import { t } from '../../lib/strings'
import css from './chart.module.css'
import { scaleOf } from './scale'
import { Times } from './Times'

interface OutcomesProps {
  label: string
  window: StatsWindow
  steps: { at: string; succeeded: number; failed: number }[]
}

// Outcomes shows attempts over time: those that were acknowledged, and those that failed.
export function Outcomes({ label, window, steps }: OutcomesProps) {
  const [at, setAt] = useState<string>()
  const pointed = steps.find((step) => step.at === at)
  const top = scaleOf(Math.max(...steps.map((step) => step.succeeded + step.failed)))
  const sum = (of: 'succeeded' | 'failed') => count(steps.reduce((total, step) => total + step[of], 0))
  function point(event: MouseEvent<HTMLElement>) {
    const { left, width } = event.currentTarget.getBoundingClientRect()
    setAt(steps[Math.floor(((event.clientX - left) / width) * steps.length)]?.at)
  }
  return (
    <figure className={css.chart}>
      <figcaption className={`${css.legend} num`}>
        {pointed && <span className="dim">{tickTime(pointed.at, window)}</span>}
        <span data-outcome="succeeded">
          {t.webhooks.acknowledged} {pointed ? count(pointed.succeeded) : sum('succeeded')}
        </span>
        <span data-outcome="failed">
          {t.webhooks.failedAttempts} {pointed ? count(pointed.failed) : sum('failed')}
        </span>
      </figcaption>
      <div className={`${css.scale} num`} aria-hidden>
        <span>{count(top)}</span>
        <span>{count(top / 2)}</span>
        <span>0</span>
      </div>
      <div className={css.bars} role="img" aria-label={label} onMouseMove={point} onMouseLeave={() => setAt(undefined)}>
        {steps.map((step) => (
          <div key={step.at} className={css.step}>
            <div data-outcome="failed" style={{ height: `${(100 * step.failed) / top}%` }} />
            <div data-outcome="succeeded" style={{ height: `${(100 * step.succeeded) / top}%` }} />
          </div>
        ))}
      </div>
      <Times at={steps.map((step) => step.at)} window={window} />
    </figure>
  )
}
