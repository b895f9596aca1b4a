import { IconChartBar, IconCheck } from '@tabler/icons-react'
import { Lines } from '../../components/chart/Lines'
import { Outcomes } from '../../components/chart/Outcomes'
import { Empty } from '../../components/Empty'
import { Panel } from '../../components/Panel'
import type { Stats } from '../../lib/api/shapes'
import { count, duration } from '../../lib/format/numbers'
import { t } from '../../lib/strings'
import css from './webhooks.module.css'

export function Charts({ stats }: { stats: Stats }) {
  const { series, window } = stats
  const none = stats.attempts.succeeded + stats.attempts.failed === 0
  const empty = <Empty icon={IconChartBar} title={t.webhooks.noChart} />
  const at = series.map((point) => point.at)
  const latency = (of: 'p50' | 'p95' | 'p99') =>
    series.map((point) => (point.succeeded + point.failed > 0 ? point.latencyMs[of] : null))
  return (
    <div className={css.charts}>
      <div className={css.chart}>
        <Panel title={t.webhooks.outcomes} padded>
          {none ? empty : <Outcomes label={t.webhooks.outcomes} window={window} steps={series} />}
        </Panel>
      </div>
      <div className={css.chart}>
        <Panel title={t.webhooks.latency} padded>
          {none ? (
            empty
          ) : (
            <Lines
              label={t.webhooks.latency}
              window={window}
              at={at}
              format={duration}
              lines={[
                { name: 'p50', color: 'var(--b9-ok-mark)', values: latency('p50') },
                { name: 'p95', color: 'var(--b9-accent)', values: latency('p95') },
                { name: 'p99', color: 'var(--b9-warn-mark)', values: latency('p99'), dashed: true },
              ]}
            />
          )}
        </Panel>
      </div>
      <div className={css.chart}>
        <Panel title={t.webhooks.backlog} padded>
          {series.every((point) => point.backlog === 0) ? (
            <Empty icon={IconCheck} title={t.webhooks.noBacklog} />
          ) : (
            <Lines
              label={t.webhooks.backlog}
              window={window}
              at={at}
              steps
              format={count}
              lines={[
                {
                  name: t.webhooks.waiting,
                  color: 'var(--b9-warn-mark)',
                  values: series.map((point) => point.backlog),
                },
              ]}
            />
          )}
        </Panel>
      </div>
    </div>
  )
}
