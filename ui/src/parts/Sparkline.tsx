interface Point {
  succeeded: number
  failed: number
  latencyMs: { p95: number }
}

const WIDTH = 120
const HEIGHT = 28

// Sparkline draws attempts over time as bars, what failed on top, and their p95 as a line.
export function Sparkline({ series, label }: { series: Point[]; label: string }) {
  const most = Math.max(1, ...series.map((point) => point.succeeded + point.failed))
  const step = WIDTH / Math.max(series.length, 1)
  const scale = (n: number) => (n === 0 ? 0 : Math.max(2, (n / most) * HEIGHT))
  return (
    <svg width={WIDTH} height={HEIGHT} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={label}>
      <line x1="0" x2={WIDTH} y1={HEIGHT - 0.5} y2={HEIGHT - 0.5} stroke="var(--b9-line-strong)" />
      {series.map((point, i) => {
        const ok = scale(point.succeeded)
        const bad = Math.min(scale(point.failed), HEIGHT)
        const width = Math.max(step - 1, 1)
        return (
          <g key={i}>
            <rect x={i * step} y={HEIGHT - ok} width={width} height={ok} fill="var(--b9-ok-mark)" rx="0.5" />
            <rect
              x={i * step}
              y={Math.max(0, HEIGHT - ok - bad)}
              width={width}
              height={bad}
              fill="var(--b9-bad-mark)"
              rx="0.5"
            />
          </g>
        )
      })}
      <path d={line(series, step)} fill="none" stroke="var(--b9-accent)" strokeWidth="1.25" strokeLinejoin="round" />
    </svg>
  )
}

// line goes through the p95 of every step that has attempts, and breaks off where there are none.
function line(series: Point[], step: number): string {
  const slowest = Math.max(...series.map((point) => point.latencyMs.p95), 0.001)
  return series
    .map((point, i) => {
      if (point.succeeded + point.failed === 0) return ''
      const before = series[i - 1]
      const joined = before && before.succeeded + before.failed > 0
      const y = HEIGHT - 2 - (point.latencyMs.p95 / slowest) * (HEIGHT - 6)
      return `${joined ? 'L' : 'M'}${((i + 0.5) * step).toFixed(1)} ${y.toFixed(1)}`
    })
    .join('')
}
