import { notifications } from '@mantine/notifications'
import { useQueryClient } from '@tanstack/react-query'
import { createContext, type ReactNode, useContext, useEffect, useMemo, useRef, useState } from 'react'
import type { Envelope } from '../api/shapes'
import { follow, type StreamState } from '../api/stream'
import { t } from '../strings'
import { Refresher } from './refresher'

type Hear = (events: Envelope[]) => void

interface Live {
  state: StreamState
  hear(listener: Hear): () => void
}

const LiveContext = createContext<Live>({ state: 'connecting', hear: () => () => {} })

export const useLiveState = (): StreamState => useContext(LiveContext).state

// useLiveEvents calls hear with every event of the chatbot from now on.
export function useLiveEvents(hear: Hear) {
  const live = useContext(LiveContext)
  const latest = useRef(hear)
  latest.current = hear
  useEffect(() => live.hear((events) => latest.current(events)), [live.hear])
}

// LiveProvider listens to one chatbot and keeps what its pages show up to date.
export function LiveProvider({ chatbotId, children }: { chatbotId: string; children: ReactNode }) {
  const queries = useQueryClient()
  const [state, setState] = useState<StreamState>('connecting')
  const [hearing] = useState(() => new Set<Hear>())

  useEffect(() => {
    const refresher = new Refresher(queries, chatbotId)
    let wasLost = false
    const unfollow = follow(chatbotId, {
      onEvents(events) {
        for (const hear of hearing) hear(events)
        refresher.events(events)
      },
      onChanged: (topics) => refresher.topics(topics),
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
  }, [queries, chatbotId, hearing])

  const live = useMemo<Live>(
    () => ({
      state,
      hear(listener) {
        hearing.add(listener)
        return () => hearing.delete(listener)
      },
    }),
    [state, hearing],
  )
  return <LiveContext.Provider value={live}>{children}</LiveContext.Provider>
}
