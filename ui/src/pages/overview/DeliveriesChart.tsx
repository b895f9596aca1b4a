import '@mantine/charts/styles.css'
import { BarChart } from '@mantine/charts'
import type { Stats } from '../../api/shapes'
import { t } from '../../strings'
import { tickTime } from '../../words/time'

// DeliveriesChart shows what all webhooks together delivered, and what failed.
export function DeliveriesChart({ stats }: { stats: Stats[] }) {
  const steps = new Map<string, { succeeded: number; failed: number }>()
  for (const point of stats.flatMap((each) => each.series)) {
    const step = steps.get(point.at) ?? { succeeded: 0, failed: 0 }
    steps.set(point.at, { succeeded: step.succeeded + point.succeeded, failed: step.failed + point.failed })
  }
  const points = [...steps]
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([at, step]) => ({
      at: tickTime(at, '24h'),
      [t.webhooks.delivered]: step.succeeded,
      [t.webhooks.failed]: step.failed,
    }))
  return (
    <BarChart
      h={180}
      data={points}
      dataKey="at"
      type="stacked"
      withLegend
      tickLine="none"
      gridAxis="x"
      xAxisProps={{ minTickGap: 32 }}
      yAxisProps={{ allowDecimals: false, width: 44 }}
      series={[
        { name: t.webhooks.delivered, color: 'var(--b9-ok-mark)' },
        { name: t.webhooks.failed, color: 'var(--b9-bad-mark)' },
      ]}
    />
  )
}
