import { IconMessages } from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { Empty } from '../../components/Empty'
import { conversationsQuery } from '../../lib/api/queries'
import { useTitle } from '../../lib/title'
import type { Mode } from './Composer'
import { ConversationList } from './ConversationList'
import { ConversationView } from './ConversationView'
import css from './inbox.module.css'
import { KeysDialog } from './KeysDialog'
import { StartHow } from './StartHow'
import { words } from './strings'
import { useKeys } from './useKeys'

export function InboxPage() {
  const { chatbotId } = useParams({ from: '/app/$chatbotId/inbox' })
  const { conversation, ...filter } = useSearch({ from: '/app/$chatbotId/inbox' })
  const navigate = useNavigate({ from: '/$chatbotId/inbox' })
  const list = useInfiniteQuery(conversationsQuery(chatbotId, filter))
  const [keys, setKeys] = useState(false)
  const [mode, setMode] = useState<Mode>('reply')
  const [contact, setContact] = useState(false)
  useTitle(words.title)

  function step(by: 1 | -1) {
    const ids = list.data?.pages.flatMap((page) => page.data.map(({ id }) => id)) ?? []
    const at = conversation ? ids.indexOf(conversation) : -1
    const next = ids[at < 0 ? 0 : Math.min(Math.max(at + by, 0), ids.length - 1)]
    if (next) void navigate({ search: (before) => ({ ...before, conversation: next }), replace: true })
  }
  useKeys({ j: () => step(1), k: () => step(-1), '?': () => setKeys(true) })

  return (
    <div className={css.inbox} data-open={conversation ? 'conversation' : 'list'}>
      <section className={css.side} aria-label={words.list}>
        <ConversationList
          chatbotId={chatbotId}
          filter={filter}
          selected={conversation}
          showKeys={() => setKeys(true)}
          change={(change) => navigate({ search: (before) => ({ ...before, ...change }), replace: true })}
        />
      </section>
      <section className={css.view} aria-label={words.transcript}>
        {conversation ? (
          <ConversationView
            key={conversation}
            chatbotId={chatbotId}
            conversationId={conversation}
            mode={mode}
            setMode={setMode}
            contact={contact}
            setContact={setContact}
          />
        ) : (
          <div className={css.pick}>
            <Pick chatbotId={chatbotId} />
          </div>
        )}
      </section>
      {keys && <KeysDialog close={() => setKeys(false)} />}
    </div>
  )
}

// Pick says what to do where no conversation is open.
function Pick({ chatbotId }: { chatbotId: string }) {
  const conversations = useInfiniteQuery(conversationsQuery(chatbotId, {}))
  if (conversations.data?.pages[0]?.data.length === 0) {
    return (
      <Empty icon={IconMessages} title={words.empty} action={<StartHow chatbotId={chatbotId} />}>
        {words.emptyLead}
      </Empty>
    )
  }
  return (
    <Empty icon={IconMessages} title={words.pick}>
      {words.pickLead}
    </Empty>
  )
}
