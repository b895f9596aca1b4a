import { queryOptions } from '@tanstack/react-query'
import { answered, api } from '../../api/client'
import { COUNT_PAGE, countPages } from '../../api/counting'
import { windowStart } from '../../words/time'

const REFRESH_MS = 10_000

// activityQuery counts the conversations started and the messages of the last 24 hours.
export const activityQuery = (chatbotId: string) =>
  queryOptions({
    queryKey: [chatbotId, 'activity'],
    async queryFn({ signal }) {
      const since = windowStart('24h', Date.now())
      const countOf = (event: string) =>
        countPages((cursor) =>
          answered(
            api.GET('/api/{chatbotId}/events', {
              params: { path: { chatbotId }, query: { event: [event], since, limit: COUNT_PAGE, cursor } },
              signal,
            }),
          ),
        )
      const [conversations, received, sent] = await Promise.all([
        countOf('conversationStarted'),
        countOf('messageReceived'),
        countOf('messageSent'),
      ])
      return { conversations, messages: received + sent }
    },
    refetchInterval: REFRESH_MS,
  })
