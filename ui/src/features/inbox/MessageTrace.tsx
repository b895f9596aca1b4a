import { Skeleton } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { LinkAnchor } from '../../components/LinkAnchor'
import { DeliveryBadge } from '../../components/Status'
import { deliveriesQuery, eventsQuery } from '../../lib/api/queries'
import type { Envelope, Message } from '../../lib/api/shapes'
import { causedBy } from '../../lib/format/caused'

import css from './inbox.module.css'
import { words } from './strings'

interface MessageTraceProps {
  chatbotId: string
  message: Message
}

// A message's events are committed with it, so they are found around its time.
const AROUND_MS = 60_000

// MessageTrace is what a message caused: its events, and their deliveries.
export function MessageTrace({ chatbotId, message }: MessageTraceProps) {
  const at = Date.parse(message.createdAt)
  const events = useInfiniteQuery(
    eventsQuery(chatbotId, {
      conversationId: message.conversationId,
      since: new Date(at - AROUND_MS).toISOString(),
      until: new Date(at + AROUND_MS).toISOString(),
    }),
  )
  const { hasNextPage, fetchNextPage, isFetching } = events
  const caused =
    events.data &&
    causedBy(
      message.id,
      events.data.pages.flatMap((page) => page.data),
    )
  if (!caused || (caused.length === 0 && isFetching)) return <Skeleton height={40} mt={6} />
  if (caused.length === 0) {
    if (hasNextPage) void fetchNextPage()
    return <div className={css.trace}>{words.traceNone}</div>
  }
  return (
    <div className={css.trace}>
      {caused.map((event) => (
        <EventTrace key={event.id} chatbotId={chatbotId} event={event} />
      ))}
    </div>
  )
}

function EventTrace({ chatbotId, event }: { chatbotId: string; event: Envelope }) {
  const deliveries = useInfiniteQuery(deliveriesQuery(chatbotId, { eventId: event.id }))
  const items = deliveries.data?.pages.flatMap((page) => page.data)
  return (
    <div className={css.traceRow}>
      <LinkAnchor component="a" to="/$chatbotId/events/$eventId" params={{ chatbotId, eventId: event.id }} fz="inherit">
        {event.event}
      </LinkAnchor>
      {items?.length === 0 && <span>{words.traceNoDelivery}</span>}
      {items?.map((delivery) => (
        <LinkAnchor
          key={delivery.id}
          component="a"
          to="/$chatbotId/deliveries/$deliveryId"
          params={{ chatbotId, deliveryId: delivery.id }}
        >
          <DeliveryBadge status={delivery.status} />
        </LinkAnchor>
      ))}
    </div>
  )
}
