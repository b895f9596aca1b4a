import { ActionIcon, Button, Group, SegmentedControl, Select, Stack, TextInput, Title, Tooltip } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { IconBell, IconBellOff, IconInbox, IconKeyboard, IconSearch, IconSettings } from '@tabler/icons-react'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useVirtualizer } from '@tanstack/react-virtual'
import { useEffect, useRef, useState, useSyncExternalStore } from 'react'
import { goByArrows } from '../../components/arrows'
import { Empty } from '../../components/Empty'
import { LiveMark } from '../../components/LiveMark'
import { ErrorNote } from '../../components/Note'
import { RowLink, RowSkeletons } from '../../components/Row'
import { When } from '../../components/When'
import { type ConversationFilter, conversationsQuery, countsQuery } from '../../lib/api/queries'
import type { Conversation, ConversationStatus } from '../../lib/api/shapes'
import { counted } from '../../lib/format/numbers'
import { notices, turnOnNotices } from '../../lib/notices'
import { t } from '../../lib/strings'
import { ConversationState } from './ConversationState'
import css from './inbox.module.css'
import { NoticesAsk } from './NoticesAsk'
import { nameOf } from './names'
import { StartHow } from './StartHow'
import { words } from './strings'

interface ConversationListProps {
  chatbotId: string
  filter: ConversationFilter
  selected: string | undefined
  change: (filter: ConversationFilter) => void
  showKeys: () => void
}

export function ConversationList({ chatbotId, filter, selected, change, showKeys }: ConversationListProps) {
  const conversations = useInfiniteQuery(conversationsQuery(chatbotId, filter))
  const newest = useInfiniteQuery(conversationsQuery(chatbotId, {}))
  const items = conversations.data?.pages.flatMap((page) => page.data)
  return (
    <>
      <Stack gap="xs" className={css.filters}>
        <Head chatbotId={chatbotId} showKeys={showKeys} />
        <Queues chatbotId={chatbotId} filter={filter} change={change} />
        <Filters filter={filter} change={change} channels={channelsOf(filter, newest.data, conversations.data)} />
        <NoticesAsk />
      </Stack>
      {conversations.isPending && <RowSkeletons rows={8} height={40} />}
      {conversations.isError && !items && <ErrorNote error={conversations.error} retry={conversations.refetch} />}
      {items?.length === 0 && <Nothing chatbotId={chatbotId} filter={filter} change={change} />}
      {items && items.length > 0 && (
        <Conversations
          items={items}
          selected={selected}
          filter={filter}
          more={conversations.hasNextPage && !conversations.isFetching ? conversations.fetchNextPage : undefined}
        />
      )}
    </>
  )
}

function Nothing({ chatbotId, filter, change }: Pick<ConversationListProps, 'chatbotId' | 'filter' | 'change'>) {
  if (filter.status || filter.source || filter.q) {
    return (
      <Empty
        icon={IconInbox}
        title={words.emptyFiltered}
        action={
          <Button variant="default" onClick={() => change({ status: undefined, source: undefined, q: undefined })}>
            {words.clear}
          </Button>
        }
      />
    )
  }
  if (filter.queue === 'waiting') {
    return (
      <Empty icon={IconInbox} title={words.emptyWaiting}>
        {words.emptyWaitingLead}
      </Empty>
    )
  }
  if (filter.queue === 'mine') {
    return (
      <Empty icon={IconInbox} title={words.emptyMine}>
        {words.emptyMineLead}
      </Empty>
    )
  }
  return (
    <Empty icon={IconInbox} title={words.empty} action={<StartHow chatbotId={chatbotId} hiddenFrom="md" />}>
      {words.emptyLead}
    </Empty>
  )
}

function Head({ chatbotId, showKeys }: Pick<ConversationListProps, 'chatbotId' | 'showKeys'>) {
  const state = useSyncExternalStore(notices.subscribe, notices.get)
  const isOn = state === 'on'
  const bell = isOn ? words.notices.on : words.notices.off
  return (
    <Group justify="space-between" wrap="nowrap">
      <Group gap="xs" wrap="nowrap">
        <Title order={1}>{words.title}</Title>
        <LiveMark />
      </Group>
      <Group gap={2} wrap="nowrap">
        <Tooltip label={bell}>
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={bell}
            aria-pressed={isOn}
            onClick={() => (isOn ? notices.set('off') : void turnOnNotices())}
          >
            {isOn ? <IconBell size={17} /> : <IconBellOff size={17} />}
          </ActionIcon>
        </Tooltip>
        <Tooltip label={words.keys.title}>
          <ActionIcon variant="subtle" color="gray" aria-label={words.keys.title} onClick={showKeys}>
            <IconKeyboard size={17} />
          </ActionIcon>
        </Tooltip>
        <Tooltip label={words.settings.title}>
          <Link
            to="/$chatbotId/inbox/settings"
            params={{ chatbotId }}
            className={css.gear}
            aria-label={words.settings.title}
          >
            <IconSettings size={17} aria-hidden />
          </Link>
        </Tooltip>
      </Group>
    </Group>
  )
}

function Queues({ chatbotId, filter, change }: Pick<ConversationListProps, 'chatbotId' | 'filter' | 'change'>) {
  const { data: counts } = useQuery(countsQuery(chatbotId))
  return (
    <SegmentedControl
      fullWidth
      size="xs"
      aria-label={words.queue}
      value={filter.queue ?? 'all'}
      onChange={(queue) =>
        change({ queue: queue === 'all' ? undefined : (queue as ConversationFilter['queue']), status: undefined })
      }
      data={(['waiting', 'mine', 'all'] as const).map((queue) => ({
        value: queue,
        label: (
          <span className={css.queue}>
            {words.queues[queue]} {counts && <span className="num">{counted(counts[queue])}</span>}
          </span>
        ),
      }))}
    />
  )
}

interface FiltersProps {
  filter: ConversationFilter
  change: (filter: ConversationFilter) => void
  channels: string[]
}

// channelsOf are those that can be chosen: of the newest conversations, of what the other filters
// found, and the one that is chosen.
function channelsOf(filter: ConversationFilter, ...lists: ({ pages: { data: Conversation[] }[] } | undefined)[]) {
  const items = lists.flatMap((list) => list?.pages.flatMap((page) => page.data) ?? [])
  return [...new Set([filter.source ?? '', ...items.map((item) => item.source)])].filter(Boolean).sort()
}

function Filters({ filter, change, channels }: FiltersProps) {
  const [text, setText] = useState(filter.q ?? '')
  // The address may change without this field: filters are cleared, one goes back.
  useEffect(() => setText((before) => (before.trim() === (filter.q ?? '') ? before : (filter.q ?? ''))), [filter.q])
  const search = useDebouncedCallback((q: string) => change({ q: q || undefined }), 250)
  return (
    <>
      <TextInput
        aria-label={words.search}
        placeholder={words.search}
        leftSection={<IconSearch size={16} />}
        value={text}
        onChange={(event) => {
          setText(event.currentTarget.value)
          search(event.currentTarget.value.trim())
        }}
      />
      <Group gap="xs" grow>
        {!filter.queue && (
          <Select
            size="xs"
            aria-label={words.statuses}
            placeholder={words.anyStatus}
            clearable
            data={Object.entries(t.conversationStatus).map(([value, label]) => ({ value, label }))}
            value={filter.status ?? null}
            onChange={(status) => change({ status: (status as ConversationStatus | null) ?? undefined })}
          />
        )}
        {channels.length > 1 || filter.source ? (
          <Select
            size="xs"
            aria-label={words.channel}
            placeholder={words.anyChannel}
            clearable
            data={channels}
            value={filter.source ?? null}
            onChange={(source) => change({ source: source ?? undefined })}
          />
        ) : null}
      </Group>
    </>
  )
}

interface ConversationsProps {
  items: Conversation[]
  selected: string | undefined
  filter: ConversationFilter
  more?: () => void
}

function Conversations({ items, selected, filter, more }: ConversationsProps) {
  const frame = useRef<HTMLDivElement>(null)
  const virtual = useVirtualizer({
    count: items.length,
    getScrollElement: () => frame.current,
    estimateSize: () => 76,
    overscan: 8,
    getItemKey: (index) => items[index]?.id ?? index,
  })
  const visible = virtual.getVirtualItems()
  const last = visible.at(-1)?.index ?? -1
  useEffect(() => {
    if (more && last >= items.length - 5) more()
  }, [more, last, items.length])
  const chosen = items.findIndex(({ id }) => id === selected)
  useEffect(() => {
    if (chosen >= 0) virtual.scrollToIndex(chosen, { align: 'auto' })
  }, [chosen, virtual.scrollToIndex])
  return (
    <div ref={frame} className={css.scroll}>
      <div
        role="list"
        aria-label={words.list}
        onKeyDown={goByArrows}
        style={{ position: 'relative', height: virtual.getTotalSize() }}
      >
        {visible.map((row) => (
          <div
            role="listitem"
            key={row.key}
            data-index={row.index}
            ref={virtual.measureElement}
            style={{ position: 'absolute', top: 0, left: 0, width: '100%', transform: `translateY(${row.start}px)` }}
          >
            <ConversationRow conversation={items[row.index] as Conversation} selected={selected} filter={filter} />
          </div>
        ))}
      </div>
    </div>
  )
}

interface ConversationRowProps {
  conversation: Conversation
  selected: string | undefined
  filter: ConversationFilter
}

function ConversationRow({ conversation, selected, filter }: ConversationRowProps) {
  const { id, chatbotId, unread, lastMessage, lastSpeaker, waitingSince, updatedAt } = conversation
  const preview = lastMessage ?? words.noMessages
  return (
    <RowLink
      to="/$chatbotId/inbox"
      params={{ chatbotId }}
      search={{ ...filter, conversation: id }}
      className={css.conversation}
      data-selected={id === selected || undefined}
      data-unread={unread || undefined}
      aria-current={id === selected || undefined}
    >
      <span className={`clip ${css.who}`}>
        {unread && <span className={css.dot} role="img" aria-label={words.unread} />}
        {nameOf(conversation)}
      </span>
      <When at={waitingSince ?? updatedAt} className="dim num" />
      <span className="clip dim">{lastSpeaker === 'humanagent' ? words.you(preview) : preview}</span>
      <ConversationState conversation={conversation} />
    </RowLink>
  )
}
