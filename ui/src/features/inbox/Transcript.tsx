import { ActionIcon, Skeleton, Tooltip } from '@mantine/core'
import { IconLock, IconRoute, IconTrash } from '@tabler/icons-react'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { Confirm } from '../../components/Confirm'
import { LinkAnchor } from '../../components/LinkAnchor'
import { ErrorNote } from '../../components/Note'
import { accountQuery, messagesQuery } from '../../lib/api/queries'
import type { Conversation, Message, PrivateNote } from '../../lib/api/shapes'
import { exactTime, shortTime } from '../../lib/format/time'
import { useMay } from '../../lib/permissions'
import { t } from '../../lib/strings'
import css from './inbox.module.css'
import { MessageTrace } from './MessageTrace'
import { UNSENT, useDeleteNote } from './mutations'
import { notesQuery, turnsQuery } from './queries'
import { words } from './strings'
import { linesOf } from './timeline'

const NEAR_END_PX = 160
const LONG = 300 // messages: from then on only those in sight are laid out

interface TranscriptProps {
  conversation: Conversation
  typing: string | undefined // the name of the end user who types
}

// Transcript is the conversation, live. It stays at its end unless one has scrolled up.
export function Transcript({ conversation, typing }: TranscriptProps) {
  const { chatbotId, id: conversationId } = conversation
  const messages = useInfiniteQuery(messagesQuery(chatbotId, conversationId))
  const notes = useQuery(notesQuery(chatbotId, conversationId))
  const turns = useQuery(turnsQuery(chatbotId, conversationId))
  const frame = useRef<HTMLDivElement>(null)
  const atEnd = useRef(true)
  const items = messages.data?.pages.flatMap((page) => page.data)
  const lines = items && linesOf(items, notes.data ?? [], turns.data ?? [], Date.now())
  const length = (lines?.length ?? 0) + (typing ? 1 : 0)

  const { hasNextPage, isFetching, fetchNextPage } = messages
  useEffect(() => {
    if (hasNextPage && !isFetching) void fetchNextPage()
  }, [hasNextPage, isFetching, fetchNextPage])
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new line moves the end
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
      aria-label={words.transcript}
      tabIndex={0}
      onScroll={(event) => {
        const element = event.currentTarget
        atEnd.current = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_END_PX
      }}
    >
      {messages.isPending && <Skeleton height={140} radius={12} />}
      {messages.isError && !items && <ErrorNote error={messages.error} retry={messages.refetch} />}
      {lines?.map((line) => {
        switch (line.kind) {
          case 'day':
            return (
              <h3 key={line.id} className={css.day}>
                {line.day}
              </h3>
            )
          case 'turn':
            return (
              <div key={line.id} className={css.turn}>
                <span>{line.text}</span> <Clock at={line.at} />
              </div>
            )
          case 'note':
            return <NoteBubble key={line.id} conversation={conversation} note={line.note} />
          default:
            return <Bubble key={line.id} chatbotId={chatbotId} message={line.message} />
        }
      })}
      {typing && <div className={css.typing}>{words.typing(typing)}</div>}
    </div>
  )
}

function Clock({ at }: { at: string }) {
  return (
    <time dateTime={at} title={exactTime(at)}>
      {shortTime(at)}
    </time>
  )
}

function NoteBubble({ conversation, note }: { conversation: Conversation; note: PrivateNote }) {
  const { data: account } = useQuery(accountQuery)
  const [asking, setAsking] = useState(false)
  const remove = useDeleteNote(conversation, () => setAsking(false))
  const isAdmin = useMay('admin')
  const may = isAdmin || note.authorId === account?.member?.id
  return (
    <div className={css.message} data-who="note">
      <div className={css.meta}>
        <IconLock size={13} aria-hidden />
        <span>
          {words.note} · {note.authorName}
        </span>
        <Clock at={note.createdAt} />
        {may && (
          <Tooltip label={words.deleteNote}>
            <ActionIcon
              variant="subtle"
              color="gray"
              size="sm"
              aria-label={words.deleteNote}
              onClick={() => setAsking(true)}
            >
              <IconTrash size={14} />
            </ActionIcon>
          </Tooltip>
        )}
      </div>
      <div className={css.bubble}>{note.text}</div>
      {asking && (
        <Confirm
          title={words.deleteNoteTitle}
          lead={words.deleteNoteLead}
          action={t.actions.delete}
          confirm={() => remove.mutate(note.id)}
          pending={remove.isPending}
          error={remove.error}
          close={() => setAsking(false)}
        />
      )}
    </div>
  )
}

function Bubble({ chatbotId, message }: { chatbotId: string; message: Message }) {
  const [traced, setTraced] = useState(false)
  const who = words.speakers[message.chatUser]
  return (
    <div className={css.message} data-who={message.chatUser}>
      <div className={css.meta}>
        <span>{who}</span>
        <Clock at={message.createdAt} />
        {message.id === UNSENT ? (
          <span>{words.sending}</span>
        ) : (
          <Tooltip label={words.trace}>
            <ActionIcon
              variant="subtle"
              size="sm"
              aria-label={words.traceOf(who)}
              aria-expanded={traced}
              onClick={() => setTraced(!traced)}
            >
              <IconRoute size={15} />
            </ActionIcon>
          </Tooltip>
        )}
      </div>
      <div className={css.bubble}>{message.message}</div>
      {message.sources?.map((source) => (
        <div className={css.meta} key={source.documentId + source.passage}>
          <span>{t.knowledge.source}</span>
          <LinkAnchor
            component="a"
            to="/$chatbotId/knowledge"
            params={{ chatbotId }}
            search={{ document: source.documentId }}
          >
            {source.title}
          </LinkAnchor>
        </div>
      ))}
      {message.rating ? <div className={css.meta}>{words.rated(message.rating)}</div> : null}
      {traced && <MessageTrace chatbotId={chatbotId} message={message} />}
    </div>
  )
}
