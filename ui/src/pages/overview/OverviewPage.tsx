import { Skeleton, Stack } from '@mantine/core'
import { IconActivity } from '@tabler/icons-react'
import { useInfiniteQuery, useQueries, useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { lazy, Suspense } from 'react'
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
import { GetGoing } from './GetGoing'

const DeliveriesChart = lazy(() => import('./DeliveriesChart').then((module) => ({ default: module.DeliveriesChart })))

const RECENT = 8

export function OverviewPage() {
  const { chatbotId } = useParams({ from: '/app/$chatbotId/overview' })
  return (
    <Page title={t.overview.title} lead={t.overview.last24} beside={<LiveMark />}>
      <Stack gap="lg">
        <Figures chatbotId={chatbotId} />
        <GetGoing chatbotId={chatbotId} />
        <Attention chatbotId={chatbotId} />
        <OverTime chatbotId={chatbotId} />
        <Recent chatbotId={chatbotId} />
      </Stack>
    </Page>
  )
}

// useAllStats are the statistics of every webhook, as far as they are known.
function useAllStats(chatbotId: string): Stats[] {
  const webhooks = useQuery(webhooksQuery(chatbotId))
  return useQueries({
    queries: (webhooks.data ?? []).map((webhook) => statsQuery(chatbotId, webhook.id, '24h')),
  }).flatMap((query) => query.data ?? [])
}

function OverTime({ chatbotId }: { chatbotId: string }) {
  const stats = useAllStats(chatbotId)
  if (!stats.some(({ attempts }) => attempts.succeeded + attempts.failed > 0)) return null
  return (
    <Panel title={t.overview.overTime} padded>
      <Suspense fallback={<Skeleton height={180} />}>
        <DeliveriesChart stats={stats} />
      </Suspense>
    </Panel>
  )
}

function Figures({ chatbotId }: { chatbotId: string }) {
  const activity = useQuery(activityQuery(chatbotId))
  const webhooks = useQuery(webhooksQuery(chatbotId))
  const stats = useAllStats(chatbotId)
  if (!activity.data || !webhooks.data) return <Skeleton height={88} radius={12} />
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
      {!items && <RowSkeletons rows={5} />}
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
