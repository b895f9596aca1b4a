import { useLiveState } from '../lib/live/live'
import { t } from '../lib/strings'
import css from './parts.module.css'

// LiveMark stands where a list grows by itself.
export function LiveMark() {
  const state = useLiveState()
  return (
    <span className={css.liveMark} data-state={state}>
      {t.live[state]}
    </span>
  )
}
