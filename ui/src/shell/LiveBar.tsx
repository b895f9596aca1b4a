import { IconPlugConnectedX } from '@tabler/icons-react'
import { useLiveState } from '../live/live'
import { t } from '../strings'
import css from './shell.module.css'

// LiveBar says when what is shown may be old.
export function LiveBar() {
  const state = useLiveState()
  return (
    <div role="status" data-live={state}>
      {state === 'lost' && (
        <div className={css.lost}>
          <IconPlugConnectedX size={17} aria-hidden />
          <span>
            <strong>{t.live.lost}.</strong> {t.live.lostLead}
          </span>
        </div>
      )}
    </div>
  )
}

// LiveMark stands where a list grows by itself.
export function LiveMark() {
  const state = useLiveState()
  return (
    <span className={css.liveMark} data-state={state}>
      {t.live[state]}
    </span>
  )
}
