import { type MouseEvent, useState } from 'react'
import type { StatsWindow } from '../../lib/api/shapes'
import { tickTime } from '../../lib/format/time'
import css from './chart.module.css'
import { scaleOf } from './scale'
import { Times } from './Times'

export interface Line {
  name: string
  color: string
  dashed?: boolean
  values: (number | null)[] // null where there is nothing to show
}

interface LinesProps {
  label: string
  window: StatsWindow
  at: string[]
  lines: Line[]
  steps?: boolean // a value holds until the next one
  format: (value: number) => string
}

const HEIGHT = 100

// Lines draws values over time.
export function Lines({ label, window, at, lines, steps, format }: LinesProps) {
  const [pointed, setPointed] = useState<number>()
  const top = scaleOf(Math.max(...lines.flatMap((line) => line.values.map((value) => value ?? 0))))
  function point(event: MouseEvent<SVGSVGElement>) {
    const { left, width } = event.currentTarget.getBoundingClientRect()
    setPointed(Math.floor(((event.clientX - left) / width) * at.length))
  }
  const moment = pointed === undefined ? undefined : at[pointed]
  return (
    <figure className={css.chart}>
      <figcaption className={`${css.legend} num`}>
        {moment && <span className="dim">{tickTime(moment, window)}</span>}
        {lines.map((line) => {
          const value = pointed === undefined ? undefined : line.values[pointed]
          return (
            <span key={line.name} data-series={line.name} style={{ '--of-series': line.color } as object}>
              {line.name} {typeof value === 'number' && format(value)}
            </span>
          )
        })}
      </figcaption>
      <div className={`${css.scale} num`} aria-hidden>
        <span>{format(top)}</span>
        <span>{format(top / 2)}</span>
        <span>{format(0)}</span>
      </div>
      <svg
        className={css.plot}
        viewBox={`0 0 ${at.length} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={label}
        onMouseMove={point}
        onMouseLeave={() => setPointed(undefined)}
      >
        {lines.map((line) => (
          <path
            key={line.name}
            d={pathOf(line.values, top, steps)}
            stroke={line.color}
            strokeDasharray={line.dashed ? '4 3' : undefined}
            strokeLinecap="round"
            strokeLinejoin="round"
          />
        ))}
        {pointed !== undefined && (
          <line x1={pointed + 0.5} x2={pointed + 0.5} y1="0" y2={HEIGHT} stroke="var(--b9-line-strong)" />
        )}
      </svg>
      <Times at={at} window={window} />
    </figure>
  )
}

// pathOf goes through the values in the middle of their steps, and breaks off where there is none. A value
// that stands alone becomes a short dash.
function pathOf(values: (number | null)[], top: number, steps = false): string {
  let path = ''
  values.forEach((value, i) => {
    if (value === null) return
    const y = (HEIGHT * (1 - value / top)).toFixed(2)
    const joined = typeof values[i - 1] === 'number'
    if (steps) {
      path += `${joined ? 'L' : 'M'}${i} ${y}L${i + 1} ${y}`
      return
    }
    path += `${joined ? 'L' : 'M'}${i + 0.5} ${y}`
    if (!joined && typeof values[i + 1] !== 'number') path += `m-0.2 0h0.4`
  })
  return path
}
