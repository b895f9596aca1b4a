import { useQuery } from '@tanstack/react-query'
import { Navigate, Outlet, useLocation } from '@tanstack/react-router'
import { useEffect } from 'react'
import { NotFound } from '../../components/Problems'
import { Notices } from '../../features/inbox/Notices'
import { chatbotsQuery } from '../../lib/api/queries'
import { LiveProvider } from '../../lib/live/live'
import { useChatbotId } from '../../lib/permissions'
import { rememberChatbot } from '../../lib/session'
import { LiveBar } from './LiveBar'

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
      <Notices chatbotId={chatbotId} />
      <Outlet />
    </LiveProvider>
  )
}
