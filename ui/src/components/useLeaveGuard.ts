import { useBlocker } from '@tanstack/react-router'
import { t } from '../lib/strings'

// useLeaveGuard asks before a page is left with work that was not saved.
export function useLeaveGuard(dirty: boolean) {
  useBlocker({
    shouldBlockFn: ({ current, next }) =>
      dirty && current.pathname !== next.pathname && !window.confirm(t.actions.leaveUnsaved),
    enableBeforeUnload: () => dirty,
  })
}
