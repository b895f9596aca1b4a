import { IconPlugConnectedX } from '@tabler/icons-react'
import { useLiveState } from '../../lib/live/live'
import { t } from '../../lib/strings'
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
