import { useDocumentTitle } from '@mantine/hooks'
import { IconMessages } from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { Empty } from '../../components/Empty'
import { conversationsQuery } from '../../lib/api/queries'
import { t } from '../../lib/strings'
import { ConversationList } from './ConversationList'
import { ConversationView } from './ConversationView'
import css from './inbox.module.css'
import { StartHow } from './StartHow'

export function InboxPage() {
  const { chatbotId } = useParams({ from: '/app/$chatbotId/inbox' })
  const { conversation, ...filter } = useSearch({ from: '/app/$chatbotId/inbox' })
  const navigate = useNavigate({ from: '/$chatbotId/inbox' })
  useDocumentTitle(`${t.inbox.title} · Bot9`)
  return (
    <div className={css.inbox} data-open={conversation ? 'conversation' : 'list'}>
      <section className={css.side} aria-label={t.inbox.list}>
        <ConversationList
          chatbotId={chatbotId}
          filter={filter}
          selected={conversation}
          change={(change) => navigate({ search: (before) => ({ ...before, ...change }), replace: true })}
        />
      </section>
      <section className={css.view} aria-label={t.inbox.transcript}>
        {conversation ? (
          <ConversationView key={conversation} chatbotId={chatbotId} conversationId={conversation} />
        ) : (
          <div className={css.pick}>
            <Pick chatbotId={chatbotId} />
          </div>
        )}
      </section>
    </div>
  )
}

// Pick says what to do where no conversation is open.
function Pick({ chatbotId }: { chatbotId: string }) {
  const conversations = useInfiniteQuery(conversationsQuery(chatbotId, {}))
  if (conversations.data?.pages[0]?.data.length === 0) {
    return (
      <Empty icon={IconMessages} title={t.inbox.start} action={<StartHow />}>
        {t.inbox.startLead}
      </Empty>
    )
  }
  return (
    <Empty icon={IconMessages} title={t.inbox.pick}>
      {t.inbox.pickLead}
    </Empty>
  )
}
