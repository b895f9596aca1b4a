import { IconCheck, IconClock, IconX } from '@tabler/icons-react'
import css from '../../components/deliveries/deliveries.module.css'
import { Due, When } from '../../components/When'
import type { Attempt, DeliveryDetail } from '../../lib/api/shapes'
import { failureWords } from '../../lib/format/failure'
import { duration } from '../../lib/format/numbers'
import { t } from '../../lib/strings'

interface TimelineProps {
  delivery: DeliveryDetail
  current: string | undefined
  choose: (attemptId: string) => void
}

// Timeline lists the attempts, newest first, and the next one on top.
export function Timeline({ delivery, current, choose }: TimelineProps) {
  const newestFirst = delivery.attempts.toReversed()
  return (
    <ol className={css.timeline}>
      {delivery.nextAttemptAt && (
        <li className={css.step} style={{ cursor: 'default' }}>
          <span className={css.dot} data-ok="next">
            <IconClock size={14} aria-hidden />
          </span>
          <span>
            {t.deliveries.next}
            <br />
            <Due at={delivery.nextAttemptAt} className="dim" />
          </span>
        </li>
      )}
      {newestFirst.map((attempt) => (
        <li key={attempt.id}>
          <Step attempt={attempt} current={attempt.id === current} choose={() => choose(attempt.id)} />
        </li>
      ))}
      {newestFirst.length === 0 && !delivery.nextAttemptAt && <li className={css.step}>{t.deliveries.noAttempt}</li>}
    </ol>
  )
}

function Step({ attempt, current, choose }: { attempt: Attempt; current: boolean; choose: () => void }) {
  const failure = failureWords(attempt.outcome, attempt.responseStatus)
  const Icon = failure ? IconX : IconCheck
  return (
    <button type="button" className={css.step} aria-current={current} onClick={choose}>
      <span className={css.dot} data-ok={!failure}>
        <Icon size={14} stroke={2.4} aria-hidden />
      </span>
      <span style={{ minWidth: 0 }}>
        <span style={{ fontWeight: 550 }}>{t.deliveries.attempt(attempt.number)}</span>
        <br />
        {failure ? failure.title : attempt.responseStatus} · <span className="num">{duration(attempt.durationMs)}</span>
        <br />
        <When at={attempt.startedAt} className="dim" />
      </span>
    </button>
  )
}
