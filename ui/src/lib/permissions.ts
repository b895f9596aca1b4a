import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { accountQuery } from './api/queries'
import type { Role } from './api/shapes'

// useChatbotId is the chatbot whose page is open.
export function useChatbotId(): string {
  const { chatbotId } = useParams({ strict: false })
  if (!chatbotId) throw new Error('this page belongs to a chatbot')
  return chatbotId
}

const strength: Role[] = ['viewer', 'developer', 'admin', 'owner']

// useMay tells whether the person who is logged in may do what takes the role.
export function useMay(role: Role): boolean {
  const { data } = useQuery(accountQuery)
  return data !== undefined && strength.indexOf(data.role) >= strength.indexOf(role)
}
