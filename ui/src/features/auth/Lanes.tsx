import css from './auth.module.css'

// Conversations as lanes of events, each in its own order: what the product is about, drawn.
const lanes = [
  { sent: 9, waiting: 0 },
  { sent: 6, waiting: 3 },
  { sent: 8, waiting: 1 },
  { sent: 4, waiting: 5 },
  { sent: 9, waiting: 0 },
]

export function Lanes() {
  return (
    <svg viewBox="0 0 360 200" className={css.lanes} aria-hidden="true">
      {lanes.map((lane, y) => (
        <g key={y} transform={`translate(0 ${20 + y * 40})`}>
          <line x1="12" x2="348" stroke="#343a42" strokeWidth="1" />
          {Array.from({ length: lane.sent + lane.waiting }, (_, x) => {
            const head = x === lane.sent - 1 && lane.waiting > 0
            const fill = head ? '#ff6a3d' : x < lane.sent ? '#f4f4f1' : '#1b1f24'
            return (
              <circle
                key={x}
                cx={20 + x * 40}
                r={head ? 9 : 6.5}
                fill={fill}
                stroke="#4a515a"
                strokeWidth={x < lane.sent ? 0 : 1.5}
              />
            )
          })}
        </g>
      ))}
    </svg>
  )
}
