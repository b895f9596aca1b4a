import { notifications } from '@mantine/notifications'
import { useQueryClient } from '@tanstack/react-query'
import { createContext, type ReactNode, useContext, useEffect, useMemo, useRef, useState } from 'react'
import type { Presence } from '../api/shapes'
import { follow, type StreamState } from '../api/stream'
import { t } from '../strings'
import { Refresher } from './refresher'

type HearPresence = (presence: Presence) => void

interface Live {
  state: StreamState
  hearPresence(listener: HearPresence): () => void
}

const LiveContext = createContext<Live>({
  state: 'connecting',
  hearPresence: () => () => {},
})

export const useLiveState = (): StreamState => useContext(LiveContext).state

// usePresence calls hear with who is in one of the chatbot's conversations, whenever that changes.
export function usePresence(hear: HearPresence) {
  const live = useContext(LiveContext)
  const latest = useRef(hear)
  latest.current = hear
  useEffect(() => live.hearPresence((presence) => latest.current(presence)), [live.hearPresence])
}

// LiveProvider listens to one chatbot and keeps what its pages show up to date.
export function LiveProvider({ chatbotId, children }: { chatbotId: string; children: ReactNode }) {
  const queries = useQueryClient()
  const [state, setState] = useState<StreamState>('connecting')
  const [watching] = useState(() => new Set<HearPresence>())

  useEffect(() => {
    const refresher = new Refresher(queries, chatbotId)
    let wasLost = false
    const unfollow = follow(chatbotId, {
      onEvents: (events) => refresher.events(events),
      onChanged: (topics) => refresher.topics(topics),
      onPresence(all) {
        for (const presence of all) for (const hear of watching) hear(presence)
      },
      onState(next) {
        setState(next)
        if (next === 'lost') wasLost = true
        if (next !== 'live') return
        refresher.everything()
        if (wasLost) notifications.show({ message: t.live.back, color: 'green', autoClose: 4000 })
        wasLost = false
      },
    })
    return () => {
      unfollow()
      refresher.stop()
    }
  }, [queries, chatbotId, watching])

  const live = useMemo<Live>(
    () => ({
      state,
      hearPresence(listener) {
        watching.add(listener)
        return () => watching.delete(listener)
      },
    }),
    [state, watching],
  )
  return <LiveContext.Provider value={live}>{children}</LiveContext.Provider>
}
