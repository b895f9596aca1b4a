import { useEffect, useRef } from 'react'

const FIELDS = 'input:not([type=radio], [type=checkbox]), textarea, select, [role=dialog], [role=menu], [role=listbox]'

// typedIn tells whether what is typed belongs to a field, or to something open above the page.
const typedIn = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || target.closest(FIELDS) !== null)

// useKeys calls what belongs to a key, where nobody types into a field.
export function useKeys(keys: Record<string, () => void>) {
  const latest = useRef(keys)
  latest.current = keys
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.metaKey || event.ctrlKey || event.altKey || event.defaultPrevented || typedIn(event.target)) return
      const act = latest.current[event.key]
      if (!act) return
      event.preventDefault()
      act()
    }
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  }, [])
}
