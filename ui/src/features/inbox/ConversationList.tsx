import { Button, Group, SegmentedControl, Select, Stack, TextInput, Title } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { IconInbox, IconSearch } from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useVirtualizer } from '@tanstack/react-virtual'
import { useEffect, useRef, useState } from 'react'
import { goByArrows } from '../../components/arrows'
import { Empty } from '../../components/Empty'
import { LiveMark } from '../../components/LiveMark'
import { ErrorNote } from '../../components/Note'
import { RowLink, RowSkeletons } from '../../components/Row'
import { ConversationBadge } from '../../components/Status'
import { When } from '../../components/When'
import { type ConversationFilter, conversationsQuery } from '../../lib/api/queries'
import type { Conversation, ConversationStatus } from '../../lib/api/shapes'
import { t } from '../../lib/strings'
import css from './inbox.module.css'
import { StartHow } from './StartHow'

interface ConversationListProps {
  chatbotId: string
  filter: ConversationFilter
  selected: string | undefined
  change: (filter: ConversationFilter) => void
}

export function ConversationList({ chatbotId, filter, selected, change }: ConversationListProps) {
  const conversations = useInfiniteQuery(conversationsQuery(chatbotId, filter))
  const newest = useInfiniteQuery(conversationsQuery(chatbotId, {}))
  const items = conversations.data?.pages.flatMap((page) => page.data)
  const filtered = Boolean(filter.status || filter.source || filter.q)
  return (
    <>
      <Filters filter={filter} change={change} channels={channelsOf(filter, newest.data, conversations.data)} />
      {conversations.isPending && <RowSkeletons rows={8} height={40} />}
      {conversations.isError && !items && <ErrorNote error={conversations.error} retry={conversations.refetch} />}
      {items?.length === 0 && (
        <Empty
          icon={IconInbox}
          title={filtered ? t.inbox.emptyFiltered : t.inbox.empty}
          action={
            filtered ? (
              <Button variant="default" onClick={() => change({ status: undefined, source: undefined, q: undefined })}>
                {t.actions.clear}
              </Button>
            ) : (
              <StartHow hiddenFrom="md" />
            )
          }
        >
          {!filtered && t.inbox.emptyLead}
        </Empty>
      )}
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
  const [words, setWords] = useState(filter.q ?? '')
  // The address may change without this field: filters are cleared, one goes back.
  useEffect(() => setWords((before) => (before.trim() === (filter.q ?? '') ? before : (filter.q ?? ''))), [filter.q])
  const search = useDebouncedCallback((q: string) => change({ q: q || undefined }), 250)
  return (
    <Stack gap="xs" className={css.filters}>
      <Group justify="space-between">
        <Title order={1}>{t.inbox.title}</Title>
        <LiveMark />
      </Group>
      <TextInput
        aria-label={t.inbox.search}
        placeholder={t.inbox.search}
        leftSection={<IconSearch size={16} />}
        value={words}
        onChange={(event) => {
          setWords(event.currentTarget.value)
          search(event.currentTarget.value.trim())
        }}
      />
      <SegmentedControl
        fullWidth
        size="xs"
        aria-label={t.inbox.statuses}
        value={filter.status ?? 'all'}
        onChange={(status) => change({ status: status === 'all' ? undefined : (status as ConversationStatus) })}
        data={[
          { value: 'all', label: t.actions.all },
          ...Object.entries(t.conversationStatus).map(([value, label]) => ({ value, label })),
        ]}
      />
      {channels.length > 1 || filter.source ? (
        <Select
          size="xs"
          aria-label={t.inbox.channel}
          placeholder={t.inbox.anyChannel}
          clearable
          data={channels}
          value={filter.source ?? null}
          onChange={(source) => change({ source: source ?? undefined })}
        />
      ) : null}
    </Stack>
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
  return (
    <div ref={frame} className={css.scroll}>
      <div
        role="list"
        aria-label={t.inbox.list}
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
  return (
    <RowLink
      to="/$chatbotId/inbox"
      params={{ chatbotId: conversation.chatbotId }}
      search={{ ...filter, conversation: conversation.id }}
      className={css.conversation}
      data-selected={conversation.id === selected || undefined}
      aria-current={conversation.id === selected || undefined}
    >
      <span className="clip" style={{ fontWeight: 560 }}>
        {nameOf(conversation)}
      </span>
      <When at={conversation.updatedAt} className="dim num" />
      <span className="clip dim">{conversation.lastMessage ?? t.inbox.messages(0)}</span>
      <ConversationBadge status={conversation.status} />
    </RowLink>
  )
}

export const nameOf = ({ user }: Conversation): string =>
  user.name || user.emailId || user.externalId || `${t.inbox.anonymous} ${user.id.slice(-5)}`
