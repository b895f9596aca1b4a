import { ActionIcon, Button, Group, Menu, Skeleton, Title, Tooltip } from '@mantine/core'
import {
  IconCheck,
  IconDots,
  IconId,
  IconMailOpened,
  IconRobot,
  IconUserCheck,
  IconUserPlus,
  IconUsers,
} from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useSearch } from '@tanstack/react-router'
import { useEffect, useRef } from 'react'
import { flushSync } from 'react-dom'
import { LinkAnchor } from '../../components/LinkAnchor'
import { ErrorNote, Note } from '../../components/Note'
import { Back } from '../../components/Page'
import { wasOvertaken } from '../../lib/api/client'
import { accountQuery, conversationQuery } from '../../lib/api/queries'
import type { Agent, Conversation } from '../../lib/api/shapes'
import { useMay } from '../../lib/permissions'
import { Composer, type Mode } from './Composer'
import { Contact } from './Contact'
import { ConversationState } from './ConversationState'
import css from './inbox.module.css'
import { type StatusChange, useChangeConversation, useReadMark } from './mutations'
import { nameOf } from './names'
import { useBeingHere } from './presence'
import { agentsQuery } from './queries'
import { words } from './strings'
import { Transcript } from './Transcript'
import { useKeys } from './useKeys'

interface ConversationViewProps {
  chatbotId: string
  conversationId: string
  mode: Mode
  setMode: (mode: Mode) => void
  contact: boolean // whether it is open where there is no room beside
  setContact: (open: boolean) => void
}

export function ConversationView({ chatbotId, conversationId, ...props }: ConversationViewProps) {
  const conversation = useQuery(conversationQuery(chatbotId, conversationId))
  if (!conversation.data) {
    return (
      <div className={css.head}>
        {conversation.isError ? <ErrorNote error={conversation.error} /> : <Skeleton height={48} />}
      </div>
    )
  }
  return <Opened conversation={conversation.data} {...props} />
}

type OpenedProps = Omit<ConversationViewProps, 'chatbotId' | 'conversationId'> & { conversation: Conversation }

function Opened({ conversation, mode, setMode, contact, setContact }: OpenedProps) {
  const { data: account } = useQuery(accountQuery)
  const { others, userTyping, setTyping } = useBeingHere(conversation, account?.member?.id)
  const field = useRef<HTMLTextAreaElement>(null)
  const markUnread = useReading(conversation)
  const actions = useActions(conversation, account?.member?.id)
  const write = (next: Mode) => {
    flushSync(() => setMode(next)) // so that the very next key is typed there
    field.current?.focus()
  }
  useKeys({
    r: () => write('reply'),
    n: () => write('note'),
    a: () => actions.may && actions.takeOver(),
    e: () => actions.may && conversation.status !== 'closed' && actions.to({ status: 'closed' }),
    u: markUnread,
  })
  return (
    <div className={css.columns} data-contact={contact || undefined}>
      <div className={css.middle}>
        <Head
          conversation={conversation}
          actions={actions}
          markUnread={markUnread}
          toggleContact={() => setContact(!contact)}
        />
        {others.length > 0 && (
          <div className={css.others} role="status">
            <IconUsers size={15} aria-hidden />
            {alsoHere(others)}
          </div>
        )}
        <Transcript conversation={conversation} typing={userTyping ? nameOf(conversation) : undefined} />
        <Composer conversation={conversation} mode={mode} setMode={setMode} field={field} setTyping={setTyping} />
      </div>
      <Contact conversation={conversation} />
    </div>
  )
}

function alsoHere(others: { name: string; typing: boolean }[]): string {
  const typing = others.find((one) => one.typing)
  return typing ? words.alsoTyping(typing.name) : words.alsoHere(others.map(({ name }) => name).join(', '))
}

// useReading marks a conversation as read while it is open, as soon as somebody looks at the page,
// and returns what marks it as unread again.
function useReading(conversation: Conversation) {
  const { mutate } = useReadMark(conversation)
  const { unread, id } = conversation
  const kept = useRef<string>(undefined) // it was marked as unread on purpose
  useEffect(() => {
    if (!unread || kept.current === id) return
    const look = () => {
      if (!document.hidden) mutate(true)
    }
    look()
    document.addEventListener('visibilitychange', look)
    return () => document.removeEventListener('visibilitychange', look)
  }, [unread, id, mutate])
  return () => {
    kept.current = id
    mutate(false)
  }
}

function useActions(conversation: Conversation, own: string | undefined) {
  const change = useChangeConversation(conversation)
  const to = (next: StatusChange) => {
    if (!change.isPending) change.mutate(next) // the next one is about what came of this one
  }
  const may = useMay('developer')
  const takeOver = () => {
    if (own) to({ status: 'needs_review', agentId: own })
  }
  return { change, to, may, takeOver, own }
}

interface HeadProps {
  conversation: Conversation
  actions: ReturnType<typeof useActions>
  markUnread: () => void
  toggleContact: () => void
}

function Head({ conversation, actions, markUnread, toggleContact }: HeadProps) {
  const { conversation: _, ...filter } = useSearch({ from: '/app/$chatbotId/inbox' })
  const { chatbotId, id: conversationId } = conversation
  const error = actions.change.error
  return (
    <header className={css.head}>
      <div className={css.back}>
        <Back to="/$chatbotId/inbox" params={{ chatbotId }} search={filter}>
          {words.back}
        </Back>
      </div>
      <Group justify="space-between" gap="xs">
        <div style={{ minWidth: 0 }}>
          <Group gap="xs">
            <Title order={2} className="wrap-anywhere">
              {nameOf(conversation)}
            </Title>
            <ConversationState conversation={conversation} />
          </Group>
          <div className="dim" style={{ fontSize: '0.8125rem' }}>
            {conversation.source}
            {' · '}
            <LinkAnchor
              component="a"
              to="/$chatbotId/events"
              params={{ chatbotId }}
              search={{ conversationId }}
              fz="inherit"
            >
              {words.allEvents}
            </LinkAnchor>
            {conversation.score !== undefined && ` · ${words.rated(conversation.score)}`}
          </div>
        </div>
        <Group gap="xs">
          {actions.may && <Actions conversation={conversation} actions={actions} />}
          <More markUnread={markUnread} />
          <Tooltip label={words.showContact}>
            <ActionIcon
              variant="default"
              size={30}
              className={css.contactToggle}
              aria-label={words.showContact}
              onClick={toggleContact}
            >
              <IconId size={16} />
            </ActionIcon>
          </Tooltip>
        </Group>
      </Group>
      {wasOvertaken(error) ? (
        <div className={css.overtaken}>
          <Note tone="warn" title={words.overtaken} />
        </div>
      ) : (
        <ErrorNote error={error} />
      )}
    </header>
  )
}

function More({ markUnread }: { markUnread: () => void }) {
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon variant="default" size={30} aria-label={words.more}>
          <IconDots size={16} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<IconMailOpened size={15} />} onClick={markUnread}>
          {words.markUnread}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}

function Actions({ conversation, actions }: Pick<HeadProps, 'conversation' | 'actions'>) {
  const { status, agentId } = conversation
  const { change, to, takeOver, own } = actions
  const isMine = status === 'needs_review' && agentId === own && !conversation.waitingSince
  return (
    <>
      {!isMine && status !== 'closed' && (
        <Button size="xs" leftSection={<IconUserCheck size={15} />} loading={change.isPending} onClick={takeOver}>
          {words.takeOver}
        </Button>
      )}
      {status !== 'closed' && (
        <AssignMenu
          conversation={conversation}
          assign={(id) => to({ status: 'needs_review', agentId: id })}
          unassign={() => to({ agentId: null })}
        />
      )}
      {status !== 'active' && (
        <Button
          size="xs"
          variant="default"
          leftSection={<IconRobot size={15} />}
          onClick={() => to({ status: 'active' })}
        >
          {status === 'closed' ? words.reopen : words.giveToBot}
        </Button>
      )}
      {status !== 'closed' && (
        <Button
          size="xs"
          variant="default"
          leftSection={<IconCheck size={15} />}
          onClick={() => to({ status: 'closed' })}
        >
          {words.close}
        </Button>
      )}
    </>
  )
}

interface AssignMenuProps {
  conversation: Conversation
  assign: (agentId: string) => void
  unassign: () => void
}

function AssignMenu({ conversation: { chatbotId, agentId }, assign, unassign }: AssignMenuProps) {
  const agents = useQuery(agentsQuery(chatbotId))
  const item = ({ id, name }: Agent) => (
    <Menu.Item
      key={id}
      onClick={() => assign(id)}
      rightSection={id === agentId ? <IconCheck size={14} aria-hidden /> : undefined}
    >
      {name}
    </Menu.Item>
  )
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Button size="xs" variant="default" leftSection={<IconUserPlus size={15} />}>
          {words.assign}
        </Button>
      </Menu.Target>
      <Menu.Dropdown mah={320} style={{ overflowY: 'auto' }}>
        <Menu.Label>{words.assignTo}</Menu.Label>
        {agents.data?.map(item)}
        {agentId && (
          <>
            <Menu.Divider />
            <Menu.Item onClick={unassign}>{words.unassign}</Menu.Item>
          </>
        )}
      </Menu.Dropdown>
    </Menu>
  )
}
