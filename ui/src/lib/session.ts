import { keep, kept } from './kept'

const LAST_CHATBOT = 'bot9.chatbot'

// lastChatbot is the one that was looked at last in this browser.
export const lastChatbot = (): string | null => kept(LAST_CHATBOT)

export const rememberChatbot = (id: string) => keep(LAST_CHATBOT, id)

// safePath is where to go after the login: a path of this dashboard, never another site.
export const safePath = (next: string | undefined): string =>
  next?.startsWith('/') && !next.startsWith('//') && !next.includes('\\') ? next : '/'

// What happens to calls when a session ends in the middle of work: they wait here until somebody has logged
// in again, and are then made once more. So a form keeps what was typed, and its Save goes through.
type Waiter = (again: boolean) => void

let begun = false
let waiting: Waiter[] = []
const listeners = new Set<() => void>()

function tell() {
  for (const listener of listeners) listener()
}

export const session = {
  // begin is called as soon as it is known who is logged in: before that, a 401 leads to the login page.
  begin() {
    begun = true
  },
  // ended waits for the next login. It is false at once where nobody was logged in, and if there is none.
  ended(): Promise<boolean> {
    if (!begun) return Promise.resolve(false)
    const again = new Promise<boolean>((resolve) => waiting.push(resolve))
    tell()
    return again
  },
  // settle lets what waits go on, or fail.
  settle(again: boolean) {
    const all = waiting
    waiting = []
    begun = again
    for (const waiter of all) waiter(again)
    tell()
  },
  isEnded: (): boolean => waiting.length > 0,
  subscribe(listener: () => void): () => void {
    listeners.add(listener)
    return () => listeners.delete(listener)
  },
}
