import { useMutation, useQueryClient } from '@tanstack/react-query'
import { ApiError, answered, api, PRECONDITION_FAILED, withEtag } from '../../lib/api/client'
import { conversationQuery, messagesQuery } from '../../lib/api/queries'
import type { AccountInfo, CannedReply, Conversation, ConversationStatus, Inbox, Message } from '../../lib/api/shapes'
import { cannedQuery, notesQuery, settingsQuery } from './queries'

// UNSENT is the ID of a reply that the server has not acknowledged yet.
export const UNSENT = 'msg_unsent'

const pathOf = ({ chatbotId, id }: Conversation) => ({ chatbotId, conversationId: id })

export interface StatusChange {
  status?: ConversationStatus
  agentId?: string | null
}

// useChangeConversation changes who answers. Of two agents who do so at the same time the second one is told, and
// nothing is changed.
export function useChangeConversation(conversation: Conversation) {
  const queries = useQueryClient()
  const path = pathOf(conversation)
  const key = conversationQuery(path.chatbotId, path.conversationId).queryKey
  return useMutation({
    async mutationFn(body: StatusChange) {
      const { data: now, etag } = await withEtag(
        api.GET('/api/{chatbotId}/conversations/{conversationId}', { params: { path } }),
      )
      const same = now.status === conversation.status && now.agentId === conversation.agentId
      if (!same) throw new ApiError(PRECONDITION_FAILED, { code: 'preconditionFailed' })
      return answered(
        api.PATCH('/api/{chatbotId}/conversations/{conversationId}', {
          params: { path, header: { 'If-Match': etag } },
          body,
        }),
      )
    },
    onSuccess: (changed) => queries.setQueryData(key, changed),
    onSettled: () => refreshQueue(queries, path.chatbotId, key),
  })
}

type Queries = ReturnType<typeof useQueryClient>

function refreshQueue(queries: Queries, chatbotId: string, one: readonly unknown[]) {
  void queries.invalidateQueries({ queryKey: one })
  void queries.invalidateQueries({ queryKey: [chatbotId, 'counts'] })
  return queries.invalidateQueries({ queryKey: [chatbotId, 'conversations'] })
}

const appended = <Page extends { data: Message[] }>(pages: Page[], message: Message): Page[] =>
  pages.map((page, i) => (i === pages.length - 1 ? { ...page, data: [...page.data, message] } : page))

// What becomes of a text that is sent: it is told also when its field is no longer there.
export interface Outcome {
  sent: () => void
  failed: (text: string) => void
}

// useReply says something as the agent. It stands in the transcript at once; if the server refuses, it is taken back.
export function useReply(conversation: Conversation, account: AccountInfo | undefined, outcome: Outcome) {
  const queries = useQueryClient()
  const path = pathOf(conversation)
  const key = messagesQuery(path.chatbotId, path.conversationId).queryKey
  return useMutation({
    mutationFn: (message: string) =>
      answered(
        api.POST('/api/{chatbotId}/conversations/{conversationId}/messages', {
          params: { path },
          body: { chatUser: 'humanagent', message, agentId: account?.member?.id, agentName: account?.name },
        }),
      ),
    async onMutate(message) {
      await queries.cancelQueries({ queryKey: key })
      const before = queries.getQueryData(key)
      const sent: Message = {
        id: UNSENT,
        conversationId: path.conversationId,
        chatUser: 'humanagent',
        message,
        createdAt: new Date().toISOString(),
      }
      queries.setQueryData(key, (list) => list && { ...list, pages: appended(list.pages, sent) })
      return before
    },
    onSuccess: outcome.sent,
    onError(_, message, before) {
      outcome.failed(message)
      queries.setQueryData(key, before)
    },
    onSettled: () => {
      void queries.invalidateQueries({ queryKey: key })
      return refreshQueue(queries, path.chatbotId, conversationQuery(path.chatbotId, path.conversationId).queryKey)
    },
  })
}

export function useAddNote(conversation: Conversation, outcome: Outcome) {
  const queries = useQueryClient()
  const path = pathOf(conversation)
  return useMutation({
    mutationFn: (text: string) =>
      answered(api.POST('/api/{chatbotId}/conversations/{conversationId}/notes', { params: { path }, body: { text } })),
    onSuccess: outcome.sent,
    onError: (_, text) => outcome.failed(text),
    onSettled: () => queries.invalidateQueries({ queryKey: notesQuery(path.chatbotId, path.conversationId).queryKey }),
  })
}

export function useDeleteNote(conversation: Conversation, done: () => void) {
  const queries = useQueryClient()
  const path = pathOf(conversation)
  return useMutation({
    mutationFn: (noteId: string) =>
      answered(
        api.DELETE('/api/{chatbotId}/conversations/{conversationId}/notes/{noteId}', {
          params: { path: { ...path, noteId } },
        }),
      ),
    onSuccess: done,
    onSettled: () => queries.invalidateQueries({ queryKey: notesQuery(path.chatbotId, path.conversationId).queryKey }),
  })
}

// useReadMark notes that the conversation was read, or that it is to be read again.
export function useReadMark(conversation: Conversation) {
  const queries = useQueryClient()
  const path = pathOf(conversation)
  const key = conversationQuery(path.chatbotId, path.conversationId).queryKey
  return useMutation({
    mutationFn: (read: boolean) =>
      answered(
        read
          ? api.POST('/api/{chatbotId}/conversations/{conversationId}/read', { params: { path } })
          : api.DELETE('/api/{chatbotId}/conversations/{conversationId}/read', { params: { path } }),
      ),
    onSuccess: (_, read) => queries.setQueryData(key, (one) => one && { ...one, unread: !read }),
    onSettled: () => {
      void queries.invalidateQueries({ queryKey: [path.chatbotId, 'counts'] })
      return queries.invalidateQueries({ queryKey: [path.chatbotId, 'conversations'] })
    },
  })
}

export function useSaveSettings(chatbotId: string, etag: string | undefined) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (body: Partial<Inbox>) =>
      answered(
        api.PATCH('/api/{chatbotId}/inbox', {
          params: { path: { chatbotId }, header: { 'If-Match': etag } },
          body,
        }),
      ),
    onSettled: () => queries.invalidateQueries({ queryKey: settingsQuery(chatbotId).queryKey }),
  })
}

interface CannedText {
  name: string
  text: string
}

// useSaveCanned adds a canned reply, or changes one.
export function useSaveCanned(chatbotId: string, before: CannedReply | undefined, done: () => void) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (body: CannedText) =>
      answered(
        before
          ? api.PATCH('/api/{chatbotId}/canned-replies/{cannedReplyId}', {
              params: { path: { chatbotId, cannedReplyId: before.id } },
              body,
            })
          : api.POST('/api/{chatbotId}/canned-replies', { params: { path: { chatbotId } }, body }),
      ),
    onSuccess: done,
    onSettled: () => queries.invalidateQueries({ queryKey: cannedQuery(chatbotId).queryKey }),
  })
}

export function useDeleteCanned(chatbotId: string, done: () => void) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (cannedReplyId: string) =>
      answered(
        api.DELETE('/api/{chatbotId}/canned-replies/{cannedReplyId}', {
          params: { path: { chatbotId, cannedReplyId } },
        }),
      ),
    onSuccess: done,
    onSettled: () => queries.invalidateQueries({ queryKey: cannedQuery(chatbotId).queryKey }),
  })
}
