import { useQuery } from '@tanstack/react-query'
import { accountQuery, chatbotsQuery } from '../../lib/api/queries'
import { lastChatbot } from '../../lib/session'

export interface Reader {
  anonymous: boolean
  chatbotId: string | undefined // what the examples are about; undefined for who isn't logged in
}

// useReader tells who reads. The docs are open to all.
export function useReader(): Reader {
  const account = useQuery(accountQuery)
  const chatbots = useQuery({ ...chatbotsQuery, enabled: account.isSuccess })
  const last = lastChatbot()
  const chatbot = chatbots.data?.find((each) => each.id === last) ?? chatbots.data?.[0]
  return { anonymous: account.isError, chatbotId: chatbot?.id }
}

const EXAMPLE = 'bot_38g4k4jvm0001'

// filledIn puts the reader's own chatbot ID where the OpenAPI document has an example of one.
export function filledIn(openapi: string, chatbotId: string | undefined): string {
  return chatbotId ? openapi.replaceAll(EXAMPLE, chatbotId) : openapi
}

const BLOCK = /<pre [^>]*data-language="(\w*)">[\s\S]*?<\/pre>/g

// personal puts the server's address and the reader's chatbot into a page's commands and samples of
// JSON. Other blocks stay as they are: a worked example is right with its own values only.
export function personal(html: string, origin: string, chatbotId: string | undefined): string {
  if (!chatbotId) return html
  return html.replaceAll(BLOCK, (block, language: string) => {
    if (language === 'json') return block.replaceAll(EXAMPLE, chatbotId)
    if (language !== 'bash' && language !== 'sh') return block
    return block.replaceAll(/\$BOT9_URL\b/g, origin).replaceAll(/\$BOT9_CHATBOT_ID\b/g, chatbotId)
  })
}

export const isPersonal = (html: string): boolean => /\$BOT9_(URL|CHATBOT_ID)\b/.test(html)
