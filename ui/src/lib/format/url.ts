import type { Webhook } from '../api/shapes'

// nameOf is what people call a webhook: its description, or the host that it sends to.
export const nameOf = ({ description, url }: Pick<Webhook, 'description' | 'url'>): string =>
  description.trim() || hostOf(url)

export function hostOf(url: string): string {
  try {
    return new URL(url).host
  } catch {
    return url
  }
}

// A part of a path or query that is as long as this, and mixes digits and letters, is likely to be a secret.
const TOKEN = /[A-Za-z0-9_~-]{16,}/g
const SHOWN = 4

// masked hides what looks like a token in a URL: many are all that keeps others from sending there.
export function masked(url: string): string {
  const host = hostOf(url)
  const rest = url.indexOf(host) + host.length
  if (host === url) return url
  const secret = (text: string) => (/\d/.test(text) && /[A-Za-z]/.test(text) ? `${text.slice(0, SHOWN)}…` : text)
  return url.slice(0, rest) + url.slice(rest).replace(TOKEN, secret)
}

const LONG = 60

// shortUrl is a URL for a line of text: tokens masked, and folded in its middle where it is long.
export function shortUrl(url: string): string {
  const text = masked(url).replace(/^https?:\/\//, '')
  return text.length <= LONG ? text : `${text.slice(0, LONG - 21)}…${text.slice(-20)}`
}
