import { useQuery } from '@tanstack/react-query'
import { Navigate, Outlet, useLocation } from '@tanstack/react-router'
import { useEffect } from 'react'
import { chatbotsQuery } from '../api/queries'
import { LiveProvider } from '../live/live'
import { useChatbotId } from './chatbot'
import { LiveBar } from './LiveBar'
import { NotFound } from './problems'
import { rememberChatbot } from './session'

export function ChatbotLayout() {
  const chatbotId = useChatbotId()
  const bare = useLocation().pathname.replace(/\/$/, '') === `/${chatbotId}`
  const { data: chatbots } = useQuery(chatbotsQuery)
  const known = chatbots?.some((chatbot) => chatbot.id === chatbotId) ?? false
  useEffect(() => {
    if (known) rememberChatbot(chatbotId)
  }, [known, chatbotId])
  if (!known) return <NotFound />
  if (bare) return <Navigate to="/$chatbotId/overview" params={{ chatbotId }} replace />
  return (
    <LiveProvider chatbotId={chatbotId} key={chatbotId}>
      <LiveBar />
      <Outlet />
    </LiveProvider>
  )
}
