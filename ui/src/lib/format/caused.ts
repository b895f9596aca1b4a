import type { Envelope } from '../api/shapes'

// causedBy picks a message's events out of its conversation's: those that name it, and those that
// were committed with it and name no message, such as the handover that it asked for.
export function causedBy(messageId: string, events: Envelope[]): Envelope[] {
  const inOrder = events.toSorted((a, b) => (a.sequence ?? 0) - (b.sequence ?? 0))
  const caused: Envelope[] = []
  let owner: Envelope | undefined
  for (const event of inOrder) {
    if (event.data.messageId) owner = event
    else if (owner?.createdAt !== event.createdAt) owner = undefined
    if (owner?.data.messageId === messageId) caused.push(event)
  }
  return caused
}
