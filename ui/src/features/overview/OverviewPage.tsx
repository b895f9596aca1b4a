import { Skeleton, Stack } from '@mantine/core'
import { IconActivity, IconChartBar } from '@tabler/icons-react'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { Outcomes } from '../../components/chart/Outcomes'
import { Empty } from '../../components/Empty'
import { EventRow } from '../../components/EventRow'
import { LinkAnchor } from '../../components/LinkAnchor'
import { LiveMark } from '../../components/LiveMark'
import { Page } from '../../components/Page'
import { Facts, Panel } from '../../components/Panel'
import { RowSkeletons } from '../../components/Row'
import { TryBot } from '../../components/TryBot'
import { chatbotStatsQuery, eventsQuery, webhooksQuery } from '../../lib/api/queries'
import { count, percent } from '../../lib/format/numbers'
import { t } from '../../lib/strings'
import { Attention } from './Attention'
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
            <TryBot chatbotId={chatbotId} />
            <Recent chatbotId={chatbotId} />
          </>
        ) : (
          <Skeleton height={480} radius={12} />
        )}
      </Stack>
    </Page>
  )
}

function OverTime({ chatbotId }: { chatbotId: string }) {
  const { data: stats } = useQuery(chatbotStatsQuery(chatbotId, '24h'))
  if (stats?.webhooks.length === 0) return null
  return (
    <Panel title={t.overview.overTime} padded>
      {!stats ? (
        <Skeleton height={CHART_HEIGHT} />
      ) : stats.attempts.succeeded + stats.attempts.failed > 0 ? (
        <Outcomes label={t.overview.overTime} window="24h" steps={stats.series} />
      ) : (
        <Empty icon={IconChartBar} title={t.webhooks.noChart} />
      )}
    </Panel>
  )
}

function Figures({ chatbotId }: { chatbotId: string }) {
  const { data: stats } = useQuery(chatbotStatsQuery(chatbotId, '24h'))
  if (!stats) return <Skeleton height={FIGURES_HEIGHT} radius={12} />
  return (
    <Facts
      facts={[
        { name: t.overview.conversations, value: capped(stats.conversations) },
        { name: t.overview.messages, value: capped(stats.messages) },
        { name: t.overview.deliveries, value: count(stats.attempts.succeeded) },
        { name: t.overview.successRate, value: percent(stats.successRate) },
        { name: t.overview.backlog, value: count(stats.backlog) },
      ]}
    />
  )
}

const COUNT_LIMIT = 10_000 // how far the server counts

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
