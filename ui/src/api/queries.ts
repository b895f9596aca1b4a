import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { all, answered, api } from './client'
import type { ConversationStatus, Delivery, DeliveryStatus, StatsWindow } from './shapes'

const PAGE = 50
const SOON = 2_000
const LATER = 20_000

export const unfinished = (status: DeliveryStatus) =>
  status === 'pending' || status === 'retrying' || status === 'set_aside' || status === 'held'

// oneOf is a filter of a list, which may have several values.
const oneOf = <T>(value: T | undefined) => (value === undefined ? undefined : [value])

const nextCursor = (page: { nextCursor: string | null }) => page.nextCursor

export const accountQuery = queryOptions({
  queryKey: ['account'],
  queryFn: () => answered(api.GET('/api/auth/account')),
  staleTime: 60_000,
  retryOnMount: false, // who is not logged in is not asked again by every part of a page
})

export const chatbotsQuery = queryOptions({
  queryKey: ['chatbots'],
  queryFn: () => all((query) => api.GET('/api/chatbots', { params: { query } })),
  staleTime: 60_000,
})

export const membersQuery = queryOptions({
  queryKey: ['members'],
  queryFn: () => all((query) => api.GET('/api/auth/members', { params: { query } })),
})

export const keysQuery = (chatbotId: string) =>
  queryOptions({
    queryKey: [chatbotId, 'keys'],
    queryFn: () => all((query) => api.GET('/api/{chatbotId}/keys', { params: { path: { chatbotId }, query } })),
  })

export const eventTypesQuery = (chatbotId: string) =>
  queryOptions({
    queryKey: ['event-types'],
    queryFn: () => all((query) => api.GET('/api/{chatbotId}/event-types', { params: { path: { chatbotId }, query } })),
    staleTime: Number.POSITIVE_INFINITY,
  })

export const webhooksQuery = (chatbotId: string) =>
  queryOptions({
    queryKey: [chatbotId, 'webhooks'],
    queryFn: () => all((query) => api.GET('/api/{chatbotId}/webhooks', { params: { path: { chatbotId }, query } })),
    refetchInterval: LATER,
  })

export const webhookQuery = (chatbotId: string, webhookId: string) =>
  queryOptions({
    queryKey: [chatbotId, 'webhooks', webhookId],
    queryFn: () =>
      answered(api.GET('/api/{chatbotId}/webhooks/{webhookId}', { params: { path: { chatbotId, webhookId } } })),
    refetchInterval: LATER,
  })

export const statsQuery = (chatbotId: string, webhookId: string, window: StatsWindow) =>
  queryOptions({
    queryKey: [chatbotId, 'stats', webhookId, window],
    queryFn: () =>
      answered(
        api.GET('/api/{chatbotId}/webhooks/{webhookId}/stats', {
          params: { path: { chatbotId, webhookId }, query: { window } },
        }),
      ),
    refetchInterval: (query) => (query.state.data?.backlog ? 2 * SOON : LATER),
  })

export const secretQuery = (chatbotId: string, webhookId: string) =>
  queryOptions({
    queryKey: [chatbotId, 'secret', webhookId],
    queryFn: () =>
      answered(api.GET('/api/{chatbotId}/webhooks/{webhookId}/secret', { params: { path: { chatbotId, webhookId } } })),
    gcTime: 0,
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
    queryFn: ({ pageParam }) =>
      answered(
        api.GET('/api/{chatbotId}/deliveries', {
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
    // Attempts are no events, so what is under way is looked at again and again.
    refetchInterval: (query) => {
      const moving = (delivery: Delivery) => unfinished(delivery.status) && delivery.status !== 'held'
      return query.state.data?.pages.some((page) => page.data.some(moving)) ? SOON : LATER
    },
  })

export const deliveryQuery = (chatbotId: string, deliveryId: string) =>
  queryOptions({
    queryKey: [chatbotId, 'deliveries', 'one', deliveryId],
    queryFn: () =>
      answered(api.GET('/api/{chatbotId}/deliveries/{deliveryId}', { params: { path: { chatbotId, deliveryId } } })),
    refetchInterval: (query) => {
      const delivery = query.state.data
      return delivery && unfinished(delivery.status) ? SOON : false
    },
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
    queryFn: ({ pageParam }) =>
      answered(
        api.GET('/api/{chatbotId}/events', {
          params: {
            path: { chatbotId },
            query: { ...filter, event: oneOf(filter.event), limit: PAGE, cursor: pageParam || undefined },
          },
        }),
      ),
    initialPageParam: '' as string | null,
    getNextPageParam: nextCursor,
  })

export const eventQuery = (chatbotId: string, eventId: string) =>
  queryOptions({
    queryKey: [chatbotId, 'event', eventId],
    queryFn: () => answered(api.GET('/api/{chatbotId}/events/{eventId}', { params: { path: { chatbotId, eventId } } })),
    staleTime: Number.POSITIVE_INFINITY,
  })

// eventTextQuery is the envelope byte for byte, as webhooks are sent it.
export const eventTextQuery = (chatbotId: string, eventId: string) =>
  queryOptions({
    queryKey: [chatbotId, 'event-text', eventId],
    queryFn: () =>
      answered(
        api.GET('/api/{chatbotId}/events/{eventId}', { params: { path: { chatbotId, eventId } }, parseAs: 'text' }),
      ),
    staleTime: Number.POSITIVE_INFINITY,
  })

export interface ConversationFilter {
  status?: ConversationStatus
  source?: string
  q?: string
}

export const conversationsQuery = (chatbotId: string, filter: ConversationFilter) =>
  infiniteQueryOptions({
    queryKey: [chatbotId, 'conversations', filter],
    queryFn: ({ pageParam }) =>
      answered(
        api.GET('/api/{chatbotId}/conversations', {
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
  })

export const conversationQuery = (chatbotId: string, conversationId: string) =>
  queryOptions({
    queryKey: [chatbotId, 'conversation', conversationId],
    queryFn: () =>
      answered(
        api.GET('/api/{chatbotId}/conversations/{conversationId}', { params: { path: { chatbotId, conversationId } } }),
      ),
  })

export const messagesQuery = (chatbotId: string, conversationId: string) =>
  infiniteQueryOptions({
    queryKey: [chatbotId, 'messages', conversationId],
    queryFn: ({ pageParam }) =>
      answered(
        api.GET('/api/{chatbotId}/conversations/{conversationId}/messages', {
          params: { path: { chatbotId, conversationId }, query: { limit: 250, cursor: pageParam || undefined } },
        }),
      ),
    initialPageParam: '' as string | null,
    getNextPageParam: nextCursor,
  })

export const documentsQuery = (chatbotId: string) =>
  infiniteQueryOptions({
    queryKey: [chatbotId, 'documents'],
    queryFn: ({ pageParam }) =>
      answered(
        api.GET('/api/{chatbotId}/knowledge', {
          params: { path: { chatbotId }, query: { limit: PAGE, cursor: pageParam || undefined } },
        }),
      ),
    initialPageParam: '' as string | null,
    getNextPageParam: nextCursor,
  })

export const documentQuery = (chatbotId: string, documentId: string) =>
  queryOptions({
    queryKey: [chatbotId, 'document', documentId],
    queryFn: () =>
      answered(api.GET('/api/{chatbotId}/knowledge/{documentId}', { params: { path: { chatbotId, documentId } } })),
  })

export const replaysQuery = (chatbotId: string, webhookId: string) =>
  queryOptions({
    queryKey: [chatbotId, 'replays', webhookId],
    queryFn: () =>
      answered(
        api.GET('/api/{chatbotId}/webhooks/{webhookId}/replays', {
          params: { path: { chatbotId, webhookId }, query: { limit: 5 } },
        }),
      ).then((list) => list.data),
    refetchInterval: (query) => (query.state.data?.some((replay) => replay.status === 'running') ? 1_000 : false),
  })

export const receiversQuery = (chatbotId: string) =>
  queryOptions({
    queryKey: [chatbotId, 'receivers'],
    queryFn: () => all((query) => api.GET('/api/{chatbotId}/receivers', { params: { path: { chatbotId }, query } })),
  })

export const receivedQuery = (chatbotId: string, receiverId: string) =>
  queryOptions({
    queryKey: [chatbotId, 'received', receiverId],
    queryFn: () =>
      all((query) =>
        api.GET('/api/{chatbotId}/receivers/{receiverId}/requests', {
          params: { path: { chatbotId, receiverId }, query },
        }),
      ),
    refetchInterval: SOON / 2, // what arrives at a receiver is no event
  })
