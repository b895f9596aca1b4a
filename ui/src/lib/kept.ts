// What this browser keeps: small texts by name. Storage may be off or full, and then nothing is kept.

export function kept(name: string): string | null {
  try {
    return localStorage.getItem(name)
  } catch {
    return null
  }
}

export function keep(name: string, value: string | null) {
  try {
    if (value === null) localStorage.removeItem(name)
    else localStorage.setItem(name, value)
  } catch {
    // It is forgotten when the page is.
  }
}

const DRAFTS = 'bot9.drafts'
const MOST_DRAFTS = 50

type Drafts = [id: string, text: string][]

function drafts(): Drafts {
  try {
    const all: unknown = JSON.parse(kept(DRAFTS) ?? '[]')
    return Array.isArray(all) ? (all as Drafts).filter((one) => Array.isArray(one) && typeof one[1] === 'string') : []
  } catch {
    return []
  }
}

// draftOf is what somebody has begun to write somewhere and not sent yet.
export const draftOf = (id: string): string => drafts().find(([of]) => of === id)?.[1] ?? ''

// keepDraft keeps it until it is sent, the newest ones of all places.
export function keepDraft(id: string, text: string) {
  const others = drafts().filter(([of]) => of !== id)
  const all: Drafts = text.trim() === '' ? others : [...others, [id, text]]
  keep(DRAFTS, all.length === 0 ? null : JSON.stringify(all.slice(-MOST_DRAFTS)))
}
