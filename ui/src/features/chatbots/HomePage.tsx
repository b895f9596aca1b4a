import { Center } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Navigate } from '@tanstack/react-router'
import { useState } from 'react'
import { Panel } from '../../components/Panel'
import { chatbotsQuery } from '../../lib/api/queries'
import { lastChatbot } from '../../lib/session'
import { t } from '../../lib/strings'
import { ChatbotForm, type CreatedChatbot, NewChatbotSecret } from './NewChatbot'

// HomePage leads to the chatbot that was looked at last, or to making the first.
export function HomePage() {
  const { data: chatbots = [] } = useQuery(chatbotsQuery)
  const [created, setCreated] = useState<CreatedChatbot>()
  const last = lastChatbot()
  const chatbot = chatbots.find((each) => each.id === last) ?? chatbots[0]
  if (created) {
    return (
      <Center mih="80vh" p="md">
        <div style={{ width: 'min(100%, 520px)' }}>
          <Panel title={t.chatbots.created(created.name)} padded>
            <NewChatbotSecret chatbot={created} />
          </Panel>
        </div>
      </Center>
    )
  }
  if (chatbot) return <Navigate to="/$chatbotId/overview" params={{ chatbotId: chatbot.id }} replace />
  return (
    <Center mih="80vh" p="md">
      <div style={{ width: 'min(100%, 440px)' }}>
        <Panel title={t.chatbots.firstTitle} padded>
          <ChatbotForm lead={t.chatbots.firstLead} onCreated={setCreated} />
        </Panel>
      </div>
    </Center>
  )
}
