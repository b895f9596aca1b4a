import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { all, answered, api, withEtag } from '../../lib/api/client'

// notesQuery is what members wrote to each other about a conversation.
export const notesQuery = (chatbotId: string, conversationId: string) =>
  queryOptions({
    queryKey: [chatbotId, 'notes', conversationId],
    queryFn: ({ signal }) =>
      all((query) =>
        api.GET('/api/{chatbotId}/conversations/{conversationId}/notes', {
          signal,
          params: { path: { chatbotId, conversationId }, query },
        }),
      ),
  })

const TURNS = [
  'handoverRequested',
  'agentAssigned',
  'conversationReturnedToBot',
  'conversationStatusChanged',
  'conversationClosed',
  'conversationReopened',
  'leadCaptured',
  'csatSubmitted',
]

// turnsQuery is what happened in a conversation besides messages, oldest first.
export const turnsQuery = (chatbotId: string, conversationId: string) =>
  queryOptions({
    queryKey: [chatbotId, 'turns', conversationId],
    queryFn: ({ signal }) =>
      answered(
        api.GET('/api/{chatbotId}/events', {
          signal,
          params: { path: { chatbotId }, query: { conversationId: [conversationId], event: TURNS, limit: 100 } },
        }),
      ).then((page) => page.data.toReversed()),
  })

export const agentsQuery = (chatbotId: string) =>
  queryOptions({
    queryKey: [chatbotId, 'agents'],
    queryFn: ({ signal }) =>
      all((query) => api.GET('/api/{chatbotId}/inbox/agents', { signal, params: { path: { chatbotId }, query } })),
    staleTime: 60_000,
  })

export const cannedQuery = (chatbotId: string) =>
  queryOptions({
    queryKey: [chatbotId, 'canned'],
    queryFn: ({ signal }) =>
      all((query) => api.GET('/api/{chatbotId}/canned-replies', { signal, params: { path: { chatbotId }, query } })),
    staleTime: 60_000,
  })

// settingsQuery is how the inbox is set, with its ETag.
export const settingsQuery = (chatbotId: string) =>
  queryOptions({
    queryKey: [chatbotId, 'inbox', 'settings'],
    queryFn: ({ signal }) => withEtag(api.GET('/api/{chatbotId}/inbox', { signal, params: { path: { chatbotId } } })),
  })

// earlierQuery is the end user's other conversations, newest first.
export const earlierQuery = (chatbotId: string, endUserId: string) =>
  infiniteQueryOptions({
    queryKey: [chatbotId, 'conversations', { endUserId }],
    queryFn: ({ pageParam, signal }) =>
      answered(
        api.GET('/api/{chatbotId}/conversations', {
          signal,
          params: { path: { chatbotId }, query: { endUserId, limit: 10, cursor: pageParam || undefined } },
        }),
      ),
    initialPageParam: '' as string | null,
    getNextPageParam: (page: { nextCursor: string | null }) => page.nextCursor,
    maxPages: 20,
  })
