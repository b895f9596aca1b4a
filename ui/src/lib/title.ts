import { useDocumentTitle } from '@mantine/hooks'
import { useSyncExternalStore } from 'react'

let count = 0
const listeners = new Set<() => void>()

// tabCount is what the tab's title begins with: how many conversations wait for somebody.
export const tabCount = {
  get: (): number => count,
  set(next: number) {
    if (next === count) return
    count = next
    for (const listener of listeners) listener()
  },
  subscribe(listener: () => void): () => void {
    listeners.add(listener)
    return () => listeners.delete(listener)
  },
}

// useTitle names the tab.
export function useTitle(title: string) {
  const waiting = useSyncExternalStore(tabCount.subscribe, tabCount.get)
  useDocumentTitle(`${waiting > 0 ? `(${waiting}) ` : ''}${title} · Bot9`)
}
