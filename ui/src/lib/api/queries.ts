import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { all, answered, api, withEtag } from './client'
import type { ConversationStatus, DeliveryStatus, StatsWindow } from './shapes'

const PAGE = 50
// A list holds so many pages at most: what is far above is dropped when somebody scrolls on.
const MOST_PAGES = 60

export const unfinished = (status: DeliveryStatus) =>
  status === 'pending' || status === 'retrying' || status === 'set_aside' || status === 'held'

// oneOf is a filter of a list, which may have several values.
const oneOf = <T>(value: T | undefined) => (value === undefined ? undefined : [value])

const nextCursor = (page: { nextCursor: string | null }) => page.nextCursor

export const accountQuery = queryOptions({
  queryKey: ['account'],
  queryFn: ({ signal }) => answered(api.GET('/api/auth/account', { signal })),
  staleTime: 60_000,
  retryOnMount: false, // who is not logged in is not asked again by every part of a page
})

export const chatbotsQuery = queryOptions({
  queryKey: ['chatbots'],
  queryFn: ({ signal }) => all((query) => api.GET('/api/chatbots', { signal, params: { query } })),
  staleTime: 60_000,
})

export const membersQuery = queryOptions({
  queryKey: ['members'],
  queryFn: ({ signal }) => all((query) => api.GET('/api/auth/members', { signal, params: { query } })),
})

export const keysQuery = (chatbotId: string) =>
  queryOptions({
    queryKey: [chatbotId, 'keys'],
    queryFn: ({ signal }) =>
      all((query) => api.GET('/api/{chatbotId}/keys', { signal, params: { path: { chatbotId }, query } })),
  })

export const widgetQuery = (chatbotId: string) =>
  queryOptions({
    queryKey: [chatbotId, 'widget'],
    queryFn: ({ signal }) => answered(api.GET('/api/{chatbotId}/widget', { signal, params: { path: { chatbotId } } })),
  })

export const eventTypesQuery = (chatbotId: string) =>
  queryOptions({
    queryKey: ['event-types'],
    queryFn: ({ signal }) =>
      all((query) => api.GET('/api/{chatbotId}/event-types', { signal, params: { path: { chatbotId }, query } })),
    staleTime: Number.POSITIVE_INFINITY,
  })

export const webhooksQuery = (chatbotId: string) =>
  queryOptions({
    queryKey: [chatbotId, 'webhooks'],
    queryFn: ({ signal }) =>
      all((query) => api.GET('/api/{chatbotId}/webhooks', { signal, params: { path: { chatbotId }, query } })),
  })

export const webhookQuery = (chatbotId: string, webhookId: string) =>
  queryOptions({
    queryKey: [chatbotId, 'webhooks', webhookId],
    queryFn: ({ signal }) =>
      answered(
        api.GET('/api/{chatbotId}/webhooks/{webhookId}', { signal, params: { path: { chatbotId, webhookId } } }),
      ),
  })

// chatbotStatsQuery is how all webhooks do: one call, however many there are.
export const chatbotStatsQuery = (chatbotId: string, window: StatsWindow) =>
  queryOptions({
    queryKey: [chatbotId, 'stats', 'all', window],
    queryFn: ({ signal }) =>
      answered(api.GET('/api/{chatbotId}/stats', { signal, params: { path: { chatbotId }, query: { window } } })),
  })

// editedWebhookQuery is a webhook as it was when somebody began to edit it, with its ETag: it stays the same meanwhile.
export const editedWebhookQuery = (chatbotId: string, webhookId: string) =>
  queryOptions({
    queryKey: [chatbotId, 'edited-webhook', webhookId],
    queryFn: () =>
      withEtag(api.GET('/api/{chatbotId}/webhooks/{webhookId}', { params: { path: { chatbotId, webhookId } } })),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  })

export const statsQuery = (chatbotId: string, webhookId: string, window: StatsWindow) =>
  queryOptions({
    queryKey: [chatbotId, 'stats', webhookId, window],
    queryFn: ({ signal }) =>
      answered(
        api.GET('/api/{chatbotId}/webhooks/{webhookId}/stats', {
          signal,
          params: { path: { chatbotId, webhookId }, query: { window } },
        }),
      ),
  })

export const secretQuery = (chatbotId: string, webhookId: string) =>
  queryOptions({
    queryKey: [chatbotId, 'secret', webhookId],
    queryFn: ({ signal }) =>
      answered(
        api.GET('/api/{chatbotId}/webhooks/{webhookId}/secret', { signal, params: { path: { chatbotId, webhookId } } }),
      ),
    gcTime: 0,
  })

// previewQuery tries a filter on the newest events, by the engine that delivers.
export const previewQuery = (chatbotId: string, filter: string, events: string[]) =>
  queryOptions({
    queryKey: [chatbotId, 'preview', filter, events],
    queryFn: ({ signal }) =>
      answered(
        api.POST('/api/{chatbotId}/webhooks/preview', {
          signal,
          params: { path: { chatbotId } },
          body: { filter, ...(events.length > 0 && { events }) },
        }),
      ),
    staleTime: 10_000,
  })

export interface DeliveryFilter {
  webhookId?: string
  eventId?: string
  conversationId?: string
  event?: string
  status?: DeliveryStatus
  since?: string
}

export const deliveriesQuery = (chatbotId: string, filter: DeliveryFilter) =>
  infiniteQueryOptions({
    queryKey: [chatbotId, 'deliveries', filter],
    queryFn: ({ pageParam, signal }) =>
      answered(
        api.GET('/api/{chatbotId}/deliveries', {
          signal,
          params: {
            path: { chatbotId },
            query: {
              ...filter,
              webhookId: oneOf(filter.webhookId),
              eventId: oneOf(filter.eventId),
              conversationId: oneOf(filter.conversationId),
              event: oneOf(filter.event),
              status: oneOf(filter.status),
              limit: PAGE,
              cursor: pageParam || undefined,
            },
          },
        }),
      ),
    initialPageParam: '' as string | null,
    getNextPageParam: nextCursor,
    maxPages: MOST_PAGES,
  })

export const deliveryQuery = (chatbotId: string, deliveryId: string) =>
  queryOptions({
    queryKey: [chatbotId, 'deliveries', 'one', deliveryId],
    queryFn: ({ signal }) =>
      answered(
        api.GET('/api/{chatbotId}/deliveries/{deliveryId}', { signal, params: { path: { chatbotId, deliveryId } } }),
      ),
  })

export interface EventFilter {
  event?: string
  conversationId?: string
  since?: string
  until?: string
}

export const eventsQuery = (chatbotId: string, filter: EventFilter) =>
  infiniteQueryOptions({
    queryKey: [chatbotId, 'events', filter],
    queryFn: ({ pageParam, signal }) =>
      answered(
        api.GET('/api/{chatbotId}/events', {
          signal,
          params: {
            path: { chatbotId },
            query: {
              ...filter,
              event: oneOf(filter.event),
              conversationId: oneOf(filter.conversationId),
              limit: PAGE,
              cursor: pageParam || undefined,
            },
          },
        }),
      ),
    initialPageParam: '' as string | null,
    getNextPageParam: nextCursor,
    maxPages: MOST_PAGES,
  })

export const eventQuery = (chatbotId: string, eventId: string) =>
  queryOptions({
    queryKey: [chatbotId, 'event', eventId],
    queryFn: ({ signal }) =>
      answered(api.GET('/api/{chatbotId}/events/{eventId}', { signal, params: { path: { chatbotId, eventId } } })),
    staleTime: Number.POSITIVE_INFINITY,
  })

// eventTextQuery is the envelope byte for byte, as webhooks are sent it.
export const eventTextQuery = (chatbotId: string, eventId: string) =>
  queryOptions({
    queryKey: [chatbotId, 'event-text', eventId],
    queryFn: ({ signal }) =>
      answered(
        api.GET('/api/{chatbotId}/events/{eventId}', {
          signal,
          params: { path: { chatbotId, eventId } },
          parseAs: 'text',
        }),
      ),
    staleTime: Number.POSITIVE_INFINITY,
  })

export type Queue = 'waiting' | 'mine'

export interface ConversationFilter {
  queue?: Queue // all unless given
  status?: ConversationStatus
  source?: string
  q?: string
}

export const conversationsQuery = (chatbotId: string, filter: ConversationFilter) =>
  infiniteQueryOptions({
    queryKey: [chatbotId, 'conversations', filter],
    queryFn: ({ pageParam, signal }) =>
      answered(
        api.GET('/api/{chatbotId}/conversations', {
          signal,
          params: {
            path: { chatbotId },
            query: {
              ...filter,
              status: oneOf(filter.status),
              source: oneOf(filter.source),
              limit: PAGE,
              cursor: pageParam || undefined,
            },
          },
        }),
      ),
    initialPageParam: '' as string | null,
    getNextPageParam: nextCursor,
    maxPages: MOST_PAGES,
  })

// countsQuery is how many conversations wait, and are one's own.
export const countsQuery = (chatbotId: string) =>
  queryOptions({
    queryKey: [chatbotId, 'counts'],
    queryFn: ({ signal }) =>
      answered(api.GET('/api/{chatbotId}/inbox/counts', { signal, params: { path: { chatbotId } } })),
  })

export const conversationQuery = (chatbotId: string, conversationId: string) =>
  queryOptions({
    queryKey: [chatbotId, 'conversation', conversationId],
    queryFn: ({ signal }) =>
      answered(
        api.GET('/api/{chatbotId}/conversations/{conversationId}', {
          signal,
          params: { path: { chatbotId, conversationId } },
        }),
      ),
  })

export const messagesQuery = (chatbotId: string, conversationId: string) =>
  infiniteQueryOptions({
    queryKey: [chatbotId, 'messages', conversationId],
    queryFn: ({ pageParam, signal }) =>
      answered(
        api.GET('/api/{chatbotId}/conversations/{conversationId}/messages', {
          signal,
          params: { path: { chatbotId, conversationId }, query: { limit: 250, cursor: pageParam || undefined } },
        }),
      ),
    initialPageParam: '' as string | null,
    getNextPageParam: nextCursor,
    maxPages: MOST_PAGES,
  })

export const documentsQuery = (chatbotId: string) =>
  infiniteQueryOptions({
    queryKey: [chatbotId, 'documents'],
    queryFn: ({ pageParam, signal }) =>
      answered(
        api.GET('/api/{chatbotId}/knowledge', {
          signal,
          params: { path: { chatbotId }, query: { limit: PAGE, cursor: pageParam || undefined } },
        }),
      ),
    initialPageParam: '' as string | null,
    getNextPageParam: nextCursor,
    maxPages: MOST_PAGES,
  })

export const knowledgeStatusQuery = (chatbotId: string) =>
  queryOptions({
    queryKey: [chatbotId, 'knowledge-status'],
    queryFn: ({ signal }) =>
      answered(api.GET('/api/{chatbotId}/knowledge/status', { signal, params: { path: { chatbotId } } })),
    // What is being worked out changes by itself, and no event tells of it.
    refetchInterval: ({ state }) => (state.data?.meaning === 'working' ? 2000 : false),
  })

// answeringQuery is how the bot answers, with its ETag.
export const answeringQuery = (chatbotId: string) =>
  queryOptions({
    queryKey: [chatbotId, 'answering'],
    queryFn: ({ signal }) =>
      withEtag(api.GET('/api/{chatbotId}/answering', { signal, params: { path: { chatbotId } } })),
  })

export const documentQuery = (chatbotId: string, documentId: string) =>
  queryOptions({
    queryKey: [chatbotId, 'document', documentId],
    queryFn: ({ signal }) =>
      answered(
        api.GET('/api/{chatbotId}/knowledge/{documentId}', { signal, params: { path: { chatbotId, documentId } } }),
      ),
  })

export const replaysQuery = (chatbotId: string, webhookId: string) =>
  queryOptions({
    queryKey: [chatbotId, 'replays', webhookId],
    queryFn: ({ signal }) =>
      answered(
        api.GET('/api/{chatbotId}/webhooks/{webhookId}/replays', {
          signal,
          params: { path: { chatbotId, webhookId }, query: { limit: 5 } },
        }),
      ).then((list) => list.data),
  })

export const receiversQuery = (chatbotId: string) =>
  queryOptions({
    queryKey: [chatbotId, 'receivers'],
    queryFn: ({ signal }) =>
      all((query) => api.GET('/api/{chatbotId}/receivers', { signal, params: { path: { chatbotId }, query } })),
  })

export const receivedQuery = (chatbotId: string, receiverId: string) =>
  queryOptions({
    queryKey: [chatbotId, 'received', receiverId],
    queryFn: ({ signal }) =>
      all((query) =>
        api.GET('/api/{chatbotId}/receivers/{receiverId}/requests', {
          signal,
          params: { path: { chatbotId, receiverId }, query },
        }),
      ),
    refetchInterval: 3_000, // what arrives at a receiver from elsewhere is told by nobody
  })
