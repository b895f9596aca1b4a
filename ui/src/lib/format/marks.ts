export interface Piece {
  text: string
  marked: boolean
}

const WORD = /[\p{L}\p{N}]+/gu

// marks cuts text so that the words which a question was matched by stand apart. Words match by
// their beginning, since the search compares stems: "deliver" marks "delivery".
export function marks(text: string, matched: string[]): Piece[] {
  const wanted = matched.map((word) => word.toLowerCase())
  const pieces: Piece[] = []
  let end = 0
  for (const match of text.matchAll(WORD)) {
    const word = match[0].toLowerCase()
    if (!wanted.some((each) => sameStem(word, each))) continue
    if (match.index > end) pieces.push({ text: text.slice(end, match.index), marked: false })
    pieces.push({ text: match[0], marked: true })
    end = match.index + match[0].length
  }
  if (end < text.length) pieces.push({ text: text.slice(end), marked: false })
  return pieces
}

const ENDING = 3 // letters that an ending may add

function sameStem(a: string, b: string): boolean {
  const [short, long] = a.length <= b.length ? [a, b] : [b, a]
  return short === long || (short.length >= 4 && long.startsWith(short) && long.length - short.length <= ENDING)
}
