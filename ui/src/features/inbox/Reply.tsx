import { Button, Textarea } from '@mantine/core'
import { IconSend } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { ErrorNote } from '../../components/Note'
import { answered, api } from '../../lib/api/client'
import { accountQuery, messagesQuery } from '../../lib/api/queries'
import type { Conversation, Message } from '../../lib/api/shapes'
import { useMay } from '../../lib/permissions'
import { t } from '../../lib/strings'
import css from './inbox.module.css'
import { UNSENT } from './Transcript'

// Reply lets the agent speak where it is an agent's turn.
export function Reply({ conversation }: { conversation: Conversation }) {
  const { chatbotId, id: conversationId, status } = conversation
  const [text, setText] = useState('')
  const { data: account } = useQuery(accountQuery)
  const may = useMay('developer')
  const queries = useQueryClient()
  const key = messagesQuery(chatbotId, conversationId).queryKey
  const send = useMutation({
    mutationFn: (message: string) =>
      answered(
        api.POST('/api/{chatbotId}/conversations/{conversationId}/messages', {
          params: { path: { chatbotId, conversationId } },
          body: { chatUser: 'humanagent', message, agentId: account?.member?.id, agentName: account?.name },
        }),
      ),
    // What was written stands in the transcript at once. If the server refuses, one has it back.
    onMutate(message) {
      setText('')
      const before = queries.getQueryData(key)
      const sent: Message = {
        id: UNSENT,
        conversationId,
        chatUser: 'humanagent',
        message,
        createdAt: new Date().toISOString(),
      }
      queries.setQueryData(key, (list) => list && { ...list, pages: appended(list.pages, sent) })
      return before
    },
    onError(_, message, before) {
      setText(message)
      queries.setQueryData(key, before)
    },
    onSettled: () => queries.invalidateQueries({ queryKey: key }),
  })
  if (!may || status !== 'needs_review') {
    return <footer className={css.footer}>{status === 'closed' ? t.inbox.closedLead : t.inbox.botAnswers}</footer>
  }
  const submit = () => text.trim() !== '' && !send.isPending && send.mutate(text)
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

const appended = <Page extends { data: Message[] }>(pages: Page[], message: Message): Page[] =>
  pages.map((page, i) => (i === pages.length - 1 ? { ...page, data: [...page.data, message] } : page))
