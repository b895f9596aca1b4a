import { useParams } from '@tanstack/react-router'
import type { Envelope } from '../lib/api/shapes'
import { gist } from '../lib/format/gist'
import css from './events.module.css'
import { RowLink } from './Row'
import { When } from './When'

export function EventRow({ event }: { event: Envelope }) {
  const { chatbotId = '' } = useParams({ strict: false })
  const fresh = Date.now() - Date.parse(event.createdAt) < 3_000
  return (
    <RowLink
      to="/$chatbotId/events/$eventId"
      params={{ chatbotId, eventId: event.id }}
      className={`${css.event} ${fresh ? 'arrived' : ''}`}
      data-event={event.event}
    >
      <span className="clip" style={{ fontWeight: 540 }}>
        {event.event}
      </span>
      <span className={`${css.gist} clip dim`}>{gist(event)}</span>
      <span className={`${css.place} clip mono dim`}>
        {event.conversationId && `${event.conversationId.slice(-9, -4)} #${event.sequence}`}
      </span>
      <When at={event.createdAt} className={`${css.when} dim num`} />
    </RowLink>
  )
}
