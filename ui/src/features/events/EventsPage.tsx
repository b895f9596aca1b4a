import { Button, Group, Select, TextInput } from '@mantine/core'
import { IconActivity, IconPlayerPause, IconPlayerPlay } from '@tabler/icons-react'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { useMemo, useState } from 'react'
import { Empty } from '../../components/Empty'
import { EventRow } from '../../components/EventRow'
import css from '../../components/events.module.css'
import { LiveMark } from '../../components/LiveMark'
import { ErrorNote } from '../../components/Note'
import { Page } from '../../components/Page'
import { Panel } from '../../components/Panel'
import { RowSkeletons } from '../../components/Row'
import { Rows } from '../../components/Rows'
import { eventsQuery, eventTypesQuery } from '../../lib/api/queries'
import type { StatsWindow } from '../../lib/api/shapes'
import { eventNames } from '../../lib/format/eventNames'
import { windowStart } from '../../lib/format/time'
import { t } from '../../lib/strings'

export function EventsPage() {
  const { chatbotId } = useParams({ from: '/app/$chatbotId/events' })
  const search = useSearch({ from: '/app/$chatbotId/events' })
  const navigate = useNavigate({ from: '/$chatbotId/events' })
  const { window, ...rest } = search
  const since = useMemo(() => window && windowStart(window, Date.now()), [window])
  const events = useInfiniteQuery(eventsQuery(chatbotId, { ...rest, since }))
  const types = useQuery(eventTypesQuery(chatbotId))
  const stored = events.data?.pages.flatMap((page) => page.data)
  const pause = usePause(stored)
  const items = pause.shown
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
          leftSection={pause.paused ? <IconPlayerPlay size={16} /> : <IconPlayerPause size={16} />}
          onClick={pause.toggle}
        >
          {pause.paused ? t.events.resume : t.events.pause}
        </Button>
        {pause.paused && pause.waiting > 0 && <span className="dim">{t.events.paused(pause.waiting)}</span>}
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

// usePause holds a list still: what comes after it was paused waits out of sight.
function usePause<T extends { id: string }>(items: T[] | undefined) {
  const [pausedAt, setPausedAt] = useState<string>()
  const shown = pausedAt === undefined ? items : items?.filter((item) => item.id <= pausedAt)
  return {
    shown,
    waiting: (items?.length ?? 0) - (shown?.length ?? 0),
    paused: pausedAt !== undefined,
    toggle: () => setPausedAt((before) => (before === undefined ? (items?.[0]?.id ?? '') : undefined)),
  }
}
