import { useCallback, useEffect, useRef, useState } from 'react'
import { api } from '../../lib/api/client'
import type { Conversation, Presence } from '../../lib/api/shapes'
import { usePresence } from '../../lib/live/live'
import { useMay } from '../../lib/permissions'

const BEAT_MS = 20_000 // the server forgets who is silent for 45 s
const TYPING_MS = 3_000 // and who types, after 6

// useBeingHere tells the server that this member has a conversation open, and types in it, and who else does. Nothing of
// it is stored, and a lost signal is repeated: errors are of no interest.
export function useBeingHere({ chatbotId, id: conversationId }: Conversation, own: string | undefined) {
  const may = useMay('developer')
  const [presence, setPresence] = useState<Presence>()
  const typing = useRef(false)
  const told = useRef(0)

  const signal = useCallback(async () => {
    told.current = Date.now()
    const params = { path: { chatbotId, conversationId } }
    const body = { typing: typing.current }
    const answer = await api
      .POST('/api/{chatbotId}/conversations/{conversationId}/presence', { params, body })
      .catch(() => undefined)
    if (answer?.data) setPresence(answer.data)
  }, [chatbotId, conversationId])

  useEffect(() => {
    if (!may) return
    const beat = () => {
      if (!document.hidden) void signal()
    }
    beat()
    const timer = setInterval(beat, BEAT_MS)
    return () => {
      clearInterval(timer)
      void api
        .DELETE('/api/{chatbotId}/conversations/{conversationId}/presence', {
          params: { path: { chatbotId, conversationId } },
          keepalive: true,
        })
        .catch(() => undefined)
    }
  }, [may, signal, chatbotId, conversationId])

  usePresence((next) => {
    if (next.conversationId === conversationId) setPresence(next)
  })

  const setTyping = useCallback(
    (next: boolean) => {
      const changed = next !== typing.current
      typing.current = next
      if (changed || (next && Date.now() - told.current > TYPING_MS)) void signal()
    },
    [signal],
  )

  return {
    others: presence?.agents.filter((agent) => agent.id !== own) ?? [],
    userTyping: presence?.userTyping ?? false,
    setTyping,
  }
}
