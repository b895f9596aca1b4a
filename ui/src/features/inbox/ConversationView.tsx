import { Button, Group, Skeleton, Title } from '@mantine/core'
import { IconCheck, IconRobot, IconUserCheck } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useSearch } from '@tanstack/react-router'
import { Id } from '../../components/Copy'
import { LinkAnchor } from '../../components/LinkAnchor'
import { ErrorNote } from '../../components/Note'
import { Back } from '../../components/Page'
import { Badge, ConversationBadge } from '../../components/Status'
import { answered, api } from '../../lib/api/client'
import { accountQuery, conversationQuery } from '../../lib/api/queries'
import type { Conversation, ConversationStatus } from '../../lib/api/shapes'
import { useMay } from '../../lib/permissions'
import { t } from '../../lib/strings'
import { nameOf } from './ConversationList'
import css from './inbox.module.css'
import { Reply } from './Reply'
import { Transcript } from './Transcript'

interface ConversationViewProps {
  chatbotId: string
  conversationId: string
}

export function ConversationView({ chatbotId, conversationId }: ConversationViewProps) {
  const conversation = useQuery(conversationQuery(chatbotId, conversationId))
  if (!conversation.data) {
    return (
      <div className={css.head}>
        {conversation.isError ? <ErrorNote error={conversation.error} /> : <Skeleton height={48} />}
      </div>
    )
  }
  return (
    <>
      <Head conversation={conversation.data} />
      <Transcript conversation={conversation.data} />
      <Reply conversation={conversation.data} />
    </>
  )
}

function Head({ conversation }: { conversation: Conversation }) {
  const { conversation: _, ...filter } = useSearch({ from: '/app/$chatbotId/inbox' })
  const { chatbotId, id: conversationId } = conversation
  return (
    <header className={css.head}>
      <div className={css.back}>
        <Back to="/$chatbotId/inbox" params={{ chatbotId }} search={filter}>
          {t.inbox.back}
        </Back>
      </div>
      <Group justify="space-between" gap="xs">
        <div style={{ minWidth: 0 }}>
          <Group gap="xs">
            <Title order={2} className="wrap-anywhere">
              {nameOf(conversation)}
            </Title>
            <ConversationBadge status={conversation.status} />
            {conversation.score !== undefined && (
              <Badge tone="quiet" icon={IconCheck}>
                {t.inbox.rated(conversation.score)}
              </Badge>
            )}
          </Group>
          <div className="dim" style={{ fontSize: '0.8125rem' }}>
            {conversation.source}
            {conversation.agentName && ` · ${conversation.agentName}`} ·{' '}
            <LinkAnchor
              component="a"
              to="/$chatbotId/events"
              params={{ chatbotId }}
              search={{ conversationId }}
              fz="inherit"
            >
              {t.inbox.allEvents}
            </LinkAnchor>
            {' · '}
            <Id id={conversationId} />
          </div>
        </div>
        <StatusButtons conversation={conversation} />
      </Group>
    </header>
  )
}

function StatusButtons({ conversation }: { conversation: Conversation }) {
  const { chatbotId, id: conversationId, status } = conversation
  const queries = useQueryClient()
  const { data: account } = useQuery(accountQuery)
  const may = useMay('developer')
  const key = conversationQuery(chatbotId, conversationId).queryKey
  const change = useMutation({
    mutationFn: (next: ConversationStatus) => {
      const agent = next === 'needs_review' ? { agentId: account?.member?.id, agentName: account?.name } : {}
      return answered(
        api.PATCH('/api/{chatbotId}/conversations/{conversationId}', {
          params: { path: { chatbotId, conversationId } },
          body: { status: next, ...agent },
        }),
      )
    },
    onMutate(next) {
      const before = queries.getQueryData(key)
      queries.setQueryData(key, { ...conversation, status: next })
      return before
    },
    onError: (_, __, before) => queries.setQueryData(key, before),
    onSuccess: (changed) => queries.setQueryData(key, changed),
    onSettled: () => queries.invalidateQueries({ queryKey: [chatbotId, 'conversations'] }),
  })
  if (!may) return null
  return (
    <Group gap="xs">
      {status !== 'needs_review' && (
        <Button
          size="xs"
          variant="default"
          leftSection={<IconUserCheck size={15} />}
          onClick={() => change.mutate('needs_review')}
        >
          {t.inbox.assignAgent}
        </Button>
      )}
      {status !== 'active' && (
        <Button
          size="xs"
          variant="default"
          leftSection={<IconRobot size={15} />}
          onClick={() => change.mutate('active')}
        >
          {t.inbox.assignBot}
        </Button>
      )}
      {status !== 'closed' && (
        <Button
          size="xs"
          variant="default"
          leftSection={<IconCheck size={15} />}
          onClick={() => change.mutate('closed')}
        >
          {t.inbox.closeIt}
        </Button>
      )}
      <ErrorNote error={change.error} />
    </Group>
  )
}
