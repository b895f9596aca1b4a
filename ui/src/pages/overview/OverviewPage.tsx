import { Skeleton, Stack } from '@mantine/core'
import { IconActivity, IconChartBar } from '@tabler/icons-react'
import { useInfiniteQuery, useQueries, useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { COUNT_LIMIT } from '../../api/counting'
import { eventsQuery, statsQuery, webhooksQuery } from '../../api/queries'
import type { Stats } from '../../api/shapes'
import { Empty } from '../../parts/Empty'
import { LinkAnchor } from '../../parts/links'
import { Page } from '../../parts/Page'
import { Facts, Panel } from '../../parts/Panel'
import { RowSkeletons } from '../../parts/Row'
import { LiveMark } from '../../shell/LiveBar'
import { t } from '../../strings'
import { count, percent } from '../../words/numbers'
import { EventRow } from '../events/EventRow'
import { Attention } from './Attention'
import { activityQuery } from './activity'
import { DeliveriesChart } from './DeliveriesChart'
import { GetGoing } from './GetGoing'

const RECENT = 8
const CHART_HEIGHT = 192
const FIGURES_HEIGHT = 84

export function OverviewPage() {
  const { chatbotId } = useParams({ from: '/app/$chatbotId/overview' })
  const webhooks = useQuery(webhooksQuery(chatbotId))
  const events = useInfiniteQuery(eventsQuery(chatbotId, {}))
  const isNew = webhooks.data?.length === 0 || events.data?.pages[0]?.data.length === 0
  // What is on the page depends on both, so that nothing moves when the second comes.
  const known = (webhooks.data || webhooks.isError) && (events.data || events.isError)
  return (
    <Page title={t.overview.title} lead={t.overview.last24} beside={<LiveMark />}>
      <Stack gap="lg">
        <Figures chatbotId={chatbotId} />
        {known ? (
          <>
            {isNew && <GetGoing chatbotId={chatbotId} />}
            <Attention chatbotId={chatbotId} />
            <OverTime chatbotId={chatbotId} />
            <Recent chatbotId={chatbotId} />
          </>
        ) : (
          <Skeleton height={480} radius={12} />
        )}
      </Stack>
    </Page>
  )
}

// useAllStats are the statistics of every webhook, undefined until all are known.
function useAllStats(chatbotId: string): Stats[] | undefined {
  const webhooks = useQuery(webhooksQuery(chatbotId))
  const stats = useQueries({
    queries: (webhooks.data ?? []).map((webhook) => statsQuery(chatbotId, webhook.id, '24h')),
  })
  if (!webhooks.data || stats.some((query) => query.isPending)) return undefined
  return stats.flatMap((query) => query.data ?? [])
}

function OverTime({ chatbotId }: { chatbotId: string }) {
  const stats = useAllStats(chatbotId)
  if (stats?.length === 0) return null
  return (
    <Panel title={t.overview.overTime} padded>
      {!stats ? (
        <Skeleton height={CHART_HEIGHT} />
      ) : stats.some(({ attempts }) => attempts.succeeded + attempts.failed > 0) ? (
        <DeliveriesChart stats={stats} />
      ) : (
        <Empty icon={IconChartBar} title={t.webhooks.noChart} />
      )}
    </Panel>
  )
}

function Figures({ chatbotId }: { chatbotId: string }) {
  const activity = useQuery(activityQuery(chatbotId))
  const stats = useAllStats(chatbotId)
  if (!activity.data || !stats) return <Skeleton height={FIGURES_HEIGHT} radius={12} />
  const sum = (of: (each: Stats) => number) => stats.reduce((total, each) => total + of(each), 0)
  const succeeded = sum((each) => each.attempts.succeeded)
  const attempts = succeeded + sum((each) => each.attempts.failed)
  return (
    <Facts
      facts={[
        { name: t.overview.conversations, value: capped(activity.data.conversations) },
        { name: t.overview.messages, value: capped(activity.data.messages) },
        { name: t.overview.deliveries, value: count(succeeded) },
        { name: t.overview.successRate, value: percent(attempts === 0 ? null : succeeded / attempts) },
        { name: t.overview.backlog, value: count(sum((each) => each.backlog)) },
      ]}
    />
  )
}

const capped = (n: number): string => (n >= COUNT_LIMIT ? t.overview.orMore(count(n)) : count(n))

function Recent({ chatbotId }: { chatbotId: string }) {
  const events = useInfiniteQuery(eventsQuery(chatbotId, {}))
  const items = events.data?.pages[0]?.data.slice(0, RECENT)
  const all = (
    <LinkAnchor component="a" to="/$chatbotId/events" params={{ chatbotId }} search={{}} fz="sm">
      {t.overview.allEvents}
    </LinkAnchor>
  )
  return (
    <Panel title={t.overview.recent} aside={items?.length ? all : undefined}>
      {!items && <RowSkeletons rows={RECENT} />}
      {items?.length === 0 && (
        <Empty icon={IconActivity} title={t.events.empty}>
          {t.events.emptyLead}
        </Empty>
      )}
      {items?.map((event) => (
        <EventRow key={event.id} event={event} />
      ))}
    </Panel>
  )
}
