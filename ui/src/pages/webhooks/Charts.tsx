import '@mantine/charts/styles.css'
import { AreaChart, BarChart, LineChart } from '@mantine/charts'
import { IconChartBar, IconCheck } from '@tabler/icons-react'
import type { Stats } from '../../api/shapes'
import { Empty } from '../../parts/Empty'
import { Panel } from '../../parts/Panel'
import { t } from '../../strings'
import { count, duration } from '../../words/numbers'
import { tickTime } from '../../words/time'
import css from './webhooks.module.css'

const HEIGHT = 200
const MANY = 12

export function Charts({ stats }: { stats: Stats }) {
  const points = stats.series.map((point) => ({
    at: tickTime(point.at, stats.window),
    [t.webhooks.delivered]: point.succeeded,
    [t.webhooks.failed]: point.failed,
    [t.webhooks.waiting]: point.backlog,
    ...(point.succeeded + point.failed > 0 ? point.latencyMs : {}),
  }))
  const none = stats.attempts.succeeded + stats.attempts.failed === 0
  const empty = <Empty icon={IconChartBar} title={t.webhooks.noChart} />
  // Few points show as dots, since a line may have nothing to connect; many would only hide it.
  const dots = stats.series.filter((point) => point.succeeded + point.failed > 0).length > MANY ? 0 : 2.5
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
              strokeWidth={1.75}
              dotProps={{ r: dots }}
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
      <div className={css.chart}>
        <Panel title={t.webhooks.backlog} padded>
          {stats.series.every((point) => point.backlog === 0) ? (
            <Empty icon={IconCheck} title={t.webhooks.noBacklog} />
          ) : (
            <AreaChart
              h={HEIGHT}
              data={points}
              dataKey="at"
              withLegend
              {...axes}
              curveType="step"
              withDots={false}
              valueFormatter={count}
              yAxisProps={{ allowDecimals: false, width: 44 }}
              series={[{ name: t.webhooks.waiting, color: 'var(--b9-warn-mark)' }]}
            />
          )}
        </Panel>
      </div>
    </div>
  )
}
