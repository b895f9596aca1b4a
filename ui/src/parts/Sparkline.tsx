interface Point {
  succeeded: number
  failed: number
}

const WIDTH = 120
const HEIGHT = 28

// Sparkline draws attempts over time as bars, what failed on top.
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
    </svg>
  )
}
