import { notifications } from '@mantine/notifications'
import { useQueryClient } from '@tanstack/react-query'
import { createContext, type ReactNode, useContext, useEffect, useMemo, useRef, useState } from 'react'
import type { Envelope, Presence } from '../api/shapes'
import { follow, type StreamState } from '../api/stream'
import { t } from '../strings'
import { Refresher } from './refresher'

type Hear = (events: Envelope[]) => void

type HearPresence = (presence: Presence) => void

interface Live {
  state: StreamState
  hear(listener: Hear): () => void
  hearPresence(listener: HearPresence): () => void
}

const LiveContext = createContext<Live>({
  state: 'connecting',
  hear: () => () => {},
  hearPresence: () => () => {},
})

export const useLiveState = (): StreamState => useContext(LiveContext).state

// useLiveEvents calls hear with every event of the chatbot from now on.
export function useLiveEvents(hear: Hear) {
  const live = useContext(LiveContext)
  const latest = useRef(hear)
  latest.current = hear
  useEffect(() => live.hear((events) => latest.current(events)), [live.hear])
}

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
  const [hearing] = useState(() => new Set<Hear>())
  const [watching] = useState(() => new Set<HearPresence>())

  useEffect(() => {
    const refresher = new Refresher(queries, chatbotId)
    let wasLost = false
    const unfollow = follow(chatbotId, {
      onEvents(events) {
        for (const hear of hearing) hear(events)
        refresher.events(events)
      },
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
  }, [queries, chatbotId, hearing, watching])

  const live = useMemo<Live>(
    () => ({
      state,
      hear(listener) {
        hearing.add(listener)
        return () => hearing.delete(listener)
      },
      hearPresence(listener) {
        watching.add(listener)
        return () => watching.delete(listener)
      },
    }),
    [state, hearing, watching],
  )
  return <LiveContext.Provider value={live}>{children}</LiveContext.Provider>
}
