import { IconCheck, IconClock, IconRobot, IconUserCheck } from '@tabler/icons-react'
import { Badge } from '../../components/Status'
import type { Conversation } from '../../lib/api/shapes'
import { words } from './strings'

// ConversationState says who answers: whether the end user waits for a human, or one handles it.
export function ConversationState({ conversation }: { conversation: Conversation }) {
  const { status, waitingSince, agentName, agentId } = conversation
  const name = agentName || agentId
  if (status === 'active') {
    return (
      <Badge tone="info" icon={IconRobot}>
        {words.states.bot}
      </Badge>
    )
  }
  if (status === 'closed') {
    return (
      <Badge tone="quiet" icon={IconCheck}>
        {words.states.closed}
      </Badge>
    )
  }
  if (waitingSince) {
    return (
      <Badge tone="warn" icon={IconClock}>
        {name ? words.states.waitingFor(name) : words.states.waiting}
      </Badge>
    )
  }
  return (
    <Badge tone="ok" icon={IconUserCheck}>
      {name ? words.states.handledBy(name) : words.states.handled}
    </Badge>
  )
}
