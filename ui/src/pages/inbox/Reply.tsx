import { Button, Textarea } from '@mantine/core'
import { IconSend } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { answered, api } from '../../api/client'
import { accountQuery, messagesQuery } from '../../api/queries'
import type { Conversation } from '../../api/shapes'
import { ErrorNote } from '../../parts/Note'
import { useMay } from '../../shell/chatbot'
import { t } from '../../strings'
import css from './inbox.module.css'

// Reply lets the agent speak where it is an agent's turn.
export function Reply({ conversation }: { conversation: Conversation }) {
  const { chatbotId, id: conversationId, status } = conversation
  const [text, setText] = useState('')
  const { data: account } = useQuery(accountQuery)
  const may = useMay('developer')
  const queries = useQueryClient()
  const send = useMutation({
    mutationFn: () =>
      answered(
        api.POST('/api/{chatbotId}/conversations/{conversationId}/messages', {
          params: { path: { chatbotId, conversationId } },
          body: { chatUser: 'humanagent', message: text, agentId: account?.member?.id, agentName: account?.name },
        }),
      ),
    onSuccess() {
      setText('')
      return queries.invalidateQueries(messagesQuery(chatbotId, conversationId))
    },
  })
  if (!may || status !== 'needs_review') {
    return <footer className={css.footer}>{status === 'closed' ? t.inbox.closedLead : t.inbox.botAnswers}</footer>
  }
  const submit = () => text.trim() !== '' && !send.isPending && send.mutate()
  return (
    <footer className={css.footer}>
      <form
        className={css.reply}
        onSubmit={(event) => {
          event.preventDefault()
          submit()
        }}
      >
        <Textarea
          aria-label={t.inbox.reply}
          placeholder={t.inbox.replyPlaceholder}
          autosize
          minRows={1}
          maxRows={8}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return
            event.preventDefault()
            submit()
          }}
        />
        <Button
          type="submit"
          loading={send.isPending}
          disabled={text.trim() === ''}
          leftSection={<IconSend size={16} />}
        >
          {t.inbox.send}
        </Button>
      </form>
      <ErrorNote error={send.error} />
    </footer>
  )
}
