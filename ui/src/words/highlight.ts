export type TokenKind = 'key' | 'text' | 'number' | 'word' | 'plain'

export interface Token {
  kind: TokenKind
  text: string
}

const JSON_TOKEN = /("(?:[^"\\]|\\.)*")(\s*:)?|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|\b(true|false|null)\b/g

// highlight cuts JSON text into pieces by kind. Joined again they are the text, whatever it was:
// what is no JSON is plain.
export function highlight(text: string): Token[] {
  const tokens: Token[] = []
  let end = 0
  const add = (kind: TokenKind, piece: string) => {
    if (piece) tokens.push({ kind, text: piece })
  }
  for (const match of text.matchAll(JSON_TOKEN)) {
    add('plain', text.slice(end, match.index))
    const [whole, quoted, colon, number] = match
    if (quoted !== undefined) {
      add(colon === undefined ? 'text' : 'key', quoted)
      add('plain', colon ?? '')
    } else {
      add(number === undefined ? 'word' : 'number', whole)
    }
    end = match.index + whole.length
  }
  add('plain', text.slice(end))
  return tokens
}

// pretty indents JSON; anything else stays as it is.
export function pretty(text: string): string {
  const start = text.trimStart()[0]
  if (start !== '{' && start !== '[') return text
  try {
    return JSON.stringify(JSON.parse(text), null, 2)
  } catch {
    return text
  }
}

export const looksLikeJson = (text: string): boolean => pretty(text) !== text || /^\s*[[{]/.test(text)
