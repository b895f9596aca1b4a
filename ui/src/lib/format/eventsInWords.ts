import { t } from '../strings'

// eventsInWords says what a webhook hears of, in a line.
export function eventsInWords(events: string[]): string {
  if (events.includes('*')) return t.webhooks.allEvents
  const names = events.map((event) => (event === 'custom.*' ? t.webhooks.allCustom : event))
  return names.length <= 3 ? names.join(', ') : `${names.slice(0, 2).join(', ')} + ${names.length - 2}`
}
