import type { Section } from 'virtual:docs-search'

export interface Found extends Section {
  snippet: string
}

const BEFORE = 40 // characters of a snippet before the first word
const LENGTH = 140

// search returns the sections that have all words of the query, those with the words in a heading first.
export function search(sections: Section[], query: string, limit = 12): Found[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean)
  if (words.length === 0) return []
  const found: { section: Section; score: number }[] = []
  for (const section of sections) {
    const heading = `${section.title} ${section.heading}`.toLowerCase()
    const text = section.text.toLowerCase()
    if (!words.every((word) => heading.includes(word) || text.includes(word))) continue
    const named = section.heading.toLowerCase() || section.title.toLowerCase()
    const score = words.reduce((sum, word) => sum + (named.includes(word) ? 4 : heading.includes(word) ? 2 : 1), 0)
    found.push({ section, score })
  }
  found.sort((a, b) => b.score - a.score)
  return found.slice(0, limit).map(({ section }) => ({ ...section, snippet: snippetOf(section.text, words) }))
}

function snippetOf(text: string, words: string[]): string {
  const places = words.map((word) => text.toLowerCase().indexOf(word)).filter((place) => place >= 0)
  const start = Math.max(0, Math.min(...places, text.length) - BEFORE)
  const from = start === 0 || places.length === 0 ? 0 : text.indexOf(' ', start) + 1
  const cut = from + LENGTH < text.length
  const shown = cut ? text.slice(from, text.lastIndexOf(' ', from + LENGTH)) : text.slice(from)
  return (from > 0 ? '… ' : '') + shown + (cut ? ' …' : '')
}
