import { ActionIcon, Skeleton, Tooltip } from '@mantine/core'
import { IconRoute } from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { ErrorNote } from '../../components/Note'
import { messagesQuery } from '../../lib/api/queries'
import type { Conversation, Message } from '../../lib/api/shapes'
import { exactTime, shortTime } from '../../lib/format/time'
import { t } from '../../lib/strings'
import css from './inbox.module.css'
import { MessageTrace } from './MessageTrace'

const NEAR_END_PX = 160
const LONG = 300 // messages: from then on only those in sight are laid out

// UNSENT is the ID of a reply that the server has not acknowledged yet.
export const UNSENT = 'msg_unsent'

// Transcript is the conversation, live. It stays at its end unless one has scrolled up.
export function Transcript({ conversation }: { conversation: Conversation }) {
  const { chatbotId, id: conversationId } = conversation
  const messages = useInfiniteQuery(messagesQuery(chatbotId, conversationId))
  const frame = useRef<HTMLDivElement>(null)
  const atEnd = useRef(true)
  const items = messages.data?.pages.flatMap((page) => page.data)
  const length = items?.length ?? 0

  const { hasNextPage, isFetching, fetchNextPage } = messages
  useEffect(() => {
    if (hasNextPage && !isFetching) void fetchNextPage()
  }, [hasNextPage, isFetching, fetchNextPage])
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new message moves the end
  useEffect(() => {
    const element = frame.current
    if (!element || !atEnd.current) return
    const toEnd = () => element.scrollTo({ top: element.scrollHeight })
    toEnd()
    const again = requestAnimationFrame(toEnd) // what was out of sight has its true height now
    return () => cancelAnimationFrame(again)
  }, [length])

  return (
    <div
      ref={frame}
      className={css.transcript}
      data-long={length > LONG || undefined}
      role="log"
      aria-label={t.inbox.transcript}
      tabIndex={0}
      onScroll={(event) => {
        const element = event.currentTarget
        atEnd.current = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_END_PX
      }}
    >
      {messages.isPending && <Skeleton height={140} radius={12} />}
      {messages.isError && !items && <ErrorNote error={messages.error} retry={messages.refetch} />}
      {items?.map((message) => (
        <Bubble key={message.id} chatbotId={chatbotId} message={message} />
      ))}
    </div>
  )
}

function Bubble({ chatbotId, message }: { chatbotId: string; message: Message }) {
  const [traced, setTraced] = useState(false)
  const who = t.inbox.speakers[message.chatUser]
  return (
    <div className={css.message} data-who={message.chatUser}>
      <div className={css.meta}>
        <span>{who}</span>
        <time dateTime={message.createdAt} title={exactTime(message.createdAt)}>
          {shortTime(message.createdAt)}
        </time>
        {message.id === UNSENT ? (
          <span>{t.inbox.sending}</span>
        ) : (
          <Tooltip label={t.inbox.trace}>
            <ActionIcon
              variant="subtle"
              size="sm"
              aria-label={t.inbox.traceOf(who)}
              aria-expanded={traced}
              onClick={() => setTraced(!traced)}
            >
              <IconRoute size={15} />
            </ActionIcon>
          </Tooltip>
        )}
      </div>
      <div className={css.bubble}>{message.message}</div>
      {message.rating ? <div className={css.meta}>{t.inbox.rated(message.rating)}</div> : null}
      {traced && <MessageTrace chatbotId={chatbotId} message={message} />}
    </div>
  )
}
