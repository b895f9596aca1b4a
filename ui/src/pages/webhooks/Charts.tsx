import '@mantine/charts/styles.css'
import { BarChart, LineChart } from '@mantine/charts'
import { IconChartBar } from '@tabler/icons-react'
import type { Stats } from '../../api/shapes'
import { Empty } from '../../parts/Empty'
import { Panel } from '../../parts/Panel'
import { t } from '../../strings'
import { duration } from '../../words/numbers'
import { tickTime } from '../../words/time'
import css from './webhooks.module.css'

const HEIGHT = 200

export function Charts({ stats }: { stats: Stats }) {
  const points = stats.series.map((point) => ({
    at: tickTime(point.at, stats.window),
    [t.webhooks.delivered]: point.succeeded,
    [t.webhooks.failed]: point.failed,
    ...(point.succeeded + point.failed > 0 ? point.latencyMs : {}),
  }))
  const none = stats.attempts.succeeded + stats.attempts.failed === 0
  const empty = <Empty icon={IconChartBar} title={t.webhooks.noChart} />
  const axes = { tickLine: 'none' as const, gridAxis: 'x' as const, xAxisProps: { minTickGap: 32 } }
  return (
    <div className={css.charts}>
      <div className={css.chart}>
        <Panel title={t.webhooks.outcomes} padded>
          {none ? (
            empty
          ) : (
            <BarChart
              h={HEIGHT}
              data={points}
              dataKey="at"
              type="stacked"
              withLegend
              {...axes}
              yAxisProps={{ allowDecimals: false, width: 40 }}
              series={[
                { name: t.webhooks.delivered, color: 'var(--b9-ok-mark)' },
                { name: t.webhooks.failed, color: 'var(--b9-bad-mark)' },
              ]}
            />
          )}
        </Panel>
      </div>
      <div className={css.chart}>
        <Panel title={t.webhooks.latency} padded>
          {none ? (
            empty
          ) : (
            <LineChart
              h={HEIGHT}
              data={points}
              dataKey="at"
              withLegend
              {...axes}
              curveType="monotone"
              connectNulls={false}
              dotProps={{ r: 2.5 }}
              valueFormatter={duration}
              yAxisProps={{ width: 56 }}
              series={[
                { name: 'p50', color: 'var(--b9-ok-mark)' },
                { name: 'p95', color: 'var(--b9-accent)' },
                { name: 'p99', color: 'var(--b9-warn-mark)', strokeDasharray: '4 3' },
              ]}
            />
          )}
        </Panel>
      </div>
    </div>
  )
}
