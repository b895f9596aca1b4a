const LAST_CHATBOT = 'bot9.chatbot'

// lastChatbot is the one that was looked at last in this browser.
export function lastChatbot(): string | null {
  try {
    return localStorage.getItem(LAST_CHATBOT)
  } catch {
    return null // storage is off
  }
}

export function rememberChatbot(id: string) {
  try {
    localStorage.setItem(LAST_CHATBOT, id)
  } catch {
    // Storage is off: the first chatbot is shown next time.
  }
}

// safePath is where to go after the login: a path of this dashboard, never another site.
export const safePath = (next: string | undefined): string =>
  next?.startsWith('/') && !next.startsWith('//') && !next.includes('\\') ? next : '/'
