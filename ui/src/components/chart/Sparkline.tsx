interface SparklineProps {
  succeeded: number[]
  failed: number[]
  label: string
}

const WIDTH = 120
const HEIGHT = 28

// Sparkline draws attempts over time as bars, those that failed on top.
export function Sparkline({ succeeded, failed, label }: SparklineProps) {
  const most = Math.max(1, ...succeeded.map((ok, i) => ok + (failed[i] ?? 0)))
  const step = WIDTH / Math.max(succeeded.length, 1)
  const scale = (n: number) => (n === 0 ? 0 : Math.max(2, (n / most) * HEIGHT))
  const bars = (of: number[], below: number[]) =>
    of
      .map((n, i) => {
        const height = scale(n)
        const width = Math.max(step - 1, 1)
        const top = Math.max(0, HEIGHT - scale(below[i] ?? 0) - height)
        return height === 0
          ? ''
          : `M${(i * step).toFixed(1)} ${top.toFixed(1)}h${width}v${height.toFixed(1)}h-${width}z`
      })
      .join('')
  return (
    <svg width={WIDTH} height={HEIGHT} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={label}>
      <line x1="0" x2={WIDTH} y1={HEIGHT - 0.5} y2={HEIGHT - 0.5} stroke="var(--b9-line-strong)" />
      <path d={bars(succeeded, [])} fill="var(--b9-ok-mark)" />
      <path d={bars(failed, succeeded)} fill="var(--b9-bad-mark)" />
    </svg>
  )
}
