import {
  IconAlertTriangle,
  IconBan,
  IconCheck,
  IconClock,
  IconClockPause,
  IconMoon,
  IconPlayerPause,
  IconRefresh,
  IconStackPop,
  IconX,
  type TablerIcon,
} from '@tabler/icons-react'
import type { DeliveryStatus, Replay, Stats } from '../lib/api/shapes'
import { t } from '../lib/strings'
import css from './parts.module.css'

type Tone = 'ok' | 'warn' | 'bad' | 'info' | 'quiet'

interface BadgeProps {
  tone: Tone
  icon: TablerIcon
  children: string
}

// Badge says a state by word, icon and colour together.
export function Badge({ tone, icon: Icon, children }: BadgeProps) {
  return (
    <span className={`${css.badge} ${css[tone]}`}>
      <Icon size={13} stroke={2.2} aria-hidden />
      {children}
    </span>
  )
}

const deliveries: Record<DeliveryStatus, [Tone, TablerIcon]> = {
  pending: ['info', IconClock],
  retrying: ['warn', IconRefresh],
  set_aside: ['warn', IconStackPop],
  held: ['quiet', IconClockPause],
  succeeded: ['ok', IconCheck],
  failed: ['bad', IconX],
  canceled: ['quiet', IconBan],
}

export function DeliveryBadge({ status }: { status: DeliveryStatus }) {
  const [tone, icon] = deliveries[status]
  return (
    <Badge tone={tone} icon={icon}>
      {t.deliveryStatus[status]}
    </Badge>
  )
}

const states: Record<Stats['state'], [Tone, TablerIcon]> = {
  healthy: ['ok', IconCheck],
  degraded: ['warn', IconAlertTriangle],
  failing: ['bad', IconX],
  disabled: ['quiet', IconPlayerPause],
  idle: ['quiet', IconMoon],
}

export function WebhookBadge({ state }: { state: Stats['state'] }) {
  const [tone, icon] = states[state]
  return (
    <Badge tone={tone} icon={icon}>
      {t.webhookState[state]}
    </Badge>
  )
}

const replays: Record<Replay['status'], [Tone, TablerIcon]> = {
  running: ['info', IconRefresh],
  completed: ['ok', IconCheck],
  canceled: ['quiet', IconBan],
}

export function ReplayBadge({ status }: { status: Replay['status'] }) {
  const [tone, icon] = replays[status]
  return (
    <Badge tone={tone} icon={icon}>
      {t.replayStatus[status]}
    </Badge>
  )
}
