import { Button, Group, Select, TextInput } from '@mantine/core'
import { IconActivity, IconPlayerPause, IconPlayerPlay } from '@tabler/icons-react'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { eventsQuery, eventTypesQuery } from '../../api/queries'
import type { Envelope, StatsWindow } from '../../api/shapes'
import { useLiveEvents } from '../../live/live'
import { Empty } from '../../parts/Empty'
import { ErrorNote } from '../../parts/Note'
import { Page } from '../../parts/Page'
import { Panel } from '../../parts/Panel'
import { RowSkeletons } from '../../parts/Row'
import { Rows } from '../../parts/Rows'
import { LiveMark } from '../../shell/LiveBar'
import { t } from '../../strings'
import { windowStart } from '../../words/time'
import { EventRow } from './EventRow'
import { eventNames } from './eventNames'
import css from './events.module.css'
import { merged } from './merged'

export function EventsPage() {
  const { chatbotId } = useParams({ from: '/app/$chatbotId/events' })
  const search = useSearch({ from: '/app/$chatbotId/events' })
  const navigate = useNavigate({ from: '/$chatbotId/events' })
  const { window, ...rest } = search
  const since = window && windowStart(window, Date.now())
  const events = useInfiniteQuery(eventsQuery(chatbotId, { ...rest, since }))
  const types = useQuery(eventTypesQuery(chatbotId))
  const stored = events.data?.pages.flatMap((page) => page.data)
  const tail = useTail(rest)
  const items = stored && merged(tail.shown, stored)
  const filtered = Boolean(search.event || search.conversationId || search.window)
  const change = (next: Partial<typeof search>) =>
    navigate({ search: (before) => ({ ...before, ...next }), replace: true })

  return (
    <Page title={t.events.title} lead={t.events.lead} beside={<LiveMark />}>
      <Group mb="md" gap="xs" className={css.filters}>
        <Select
          aria-label={t.deliveries.event}
          placeholder={t.events.anyEvent}
          clearable
          searchable
          w={220}
          data={eventNames(types.data, items, search.event)}
          value={search.event ?? null}
          onChange={(event) => change({ event: event ?? undefined })}
        />
        <Select
          aria-label={t.webhooks.window}
          placeholder={t.events.anyTime}
          clearable
          w={140}
          data={Object.entries(t.webhooks.windows).map(([value, label]) => ({ value, label }))}
          value={search.window ?? null}
          onChange={(value) => change({ window: (value ?? undefined) as StatsWindow | undefined })}
        />
        <TextInput
          aria-label={t.events.conversation}
          placeholder={t.events.conversation}
          w={220}
          classNames={{ input: 'mono' }}
          value={search.conversationId ?? ''}
          onChange={(event) => change({ conversationId: event.currentTarget.value.trim() || undefined })}
        />
        <Button
          variant="default"
          leftSection={tail.paused ? <IconPlayerPlay size={16} /> : <IconPlayerPause size={16} />}
          onClick={tail.toggle}
        >
          {tail.paused ? t.events.resume : t.events.pause}
        </Button>
        {tail.paused && tail.waiting > 0 && <span className="dim">{t.events.paused(tail.waiting)}</span>}
      </Group>
      <Panel>
        {events.isPending && <RowSkeletons rows={10} />}
        {events.isError && !items && <ErrorNote error={events.error} retry={events.refetch} />}
        {items?.length === 0 && (
          <Empty
            icon={IconActivity}
            title={filtered ? t.events.emptyFiltered : t.events.empty}
            action={
              filtered && (
                <Button
                  variant="default"
                  onClick={() => change({ event: undefined, window: undefined, conversationId: undefined })}
                >
                  {t.actions.clear}
                </Button>
              )
            }
          >
            {!filtered && t.events.emptyLead}
          </Empty>
        )}
        {items && items.length > 0 && (
          <Rows
            items={items}
            keyOf={(event) => event.id}
            height={44}
            label={t.events.title}
            more={events.hasNextPage && !events.isFetching ? events.fetchNextPage : undefined}
          >
            {(event) => <EventRow event={event} />}
          </Rows>
        )}
      </Panel>
    </Page>
  )
}

const TAIL_LIMIT = 5_000

// useTail collects live events, newest first; while paused they wait out of sight.
function useTail(filter: { event?: string; conversationId?: string }) {
  const [events, setEvents] = useState<Envelope[]>([])
  const [pausedAt, setPausedAt] = useState<string | null>(null)
  useLiveEvents((fresh) => setEvents((before) => [...fresh.toReversed(), ...before].slice(0, TAIL_LIMIT)))
  const wanted = events.filter(
    (event) =>
      (!filter.event || event.event === filter.event) &&
      (!filter.conversationId || event.conversationId === filter.conversationId),
  )
  const shown = pausedAt === null ? wanted : wanted.filter((event) => event.id <= pausedAt)
  return {
    shown,
    waiting: wanted.length - shown.length,
    paused: pausedAt !== null,
    toggle: () => setPausedAt((before) => (before === null ? (events[0]?.id ?? '') : null)),
  }
}
