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

// pretty indents JSON; anything else stays as it is. Numbers and texts stand as they were sent: to JavaScript
// 12345678901234567890 and 1.10 would be other numbers.
export function pretty(text: string): string {
  const start = text.trimStart()[0]
  if (start !== '{' && start !== '[') return text
  try {
    JSON.parse(text)
  } catch {
    return text
  }
  return indented(text)
}

const PIECE = /"(?:[^"\\]|\\.)*"|[[\]{},:]|[^\s[\]{},:"]+/g

// indented lays out JSON that is known to be valid.
function indented(text: string): string {
  const pieces = text.match(PIECE) ?? []
  let out = ''
  let depth = 0
  const newLine = () => `\n${'  '.repeat(depth)}`
  pieces.forEach((piece, i) => {
    const opens = piece === '{' || piece === '['
    const closes = piece === '}' || piece === ']'
    const empty = closes && (pieces[i - 1] === '{' || pieces[i - 1] === '[')
    if (closes) depth--
    if (closes && !empty) out += newLine()
    out += piece === ':' ? ': ' : piece
    if (opens) depth++
    const next = pieces[i + 1]
    if (piece === ',' || (opens && next !== '}' && next !== ']')) out += newLine()
  })
  return out
}

export const looksLikeJson = (text: string): boolean => pretty(text) !== text || /^\s*[[{]/.test(text)
