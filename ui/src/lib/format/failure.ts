import type { Outcome } from '../api/shapes'

export interface Failure {
  title: string // what it was, in a few words
  advice: string // what to do about it
}

const byOutcome: Record<Exclude<Outcome, 'success' | 'status'>, Failure> = {
  redirect: {
    title: 'Redirected',
    advice: 'Redirects are not followed. Change the Webhook URL to the address it redirects to.',
  },
  timeout: {
    title: 'Timed out',
    advice:
      'Answer 2xx as soon as the event is stored, and do the slow work afterwards. Or raise the time limit under Edit.',
  },
  dns: { title: 'Host not found', advice: 'Check the host name in the Webhook URL, and its DNS records.' },
  connect: {
    title: 'No connection',
    advice: 'Check that the endpoint runs, its port, and that no firewall is in between.',
  },
  tls: {
    title: 'TLS failed',
    advice:
      'Check that the certificate is for this host, has not expired, and comes with its intermediate certificates.',
  },
  blocked: {
    title: 'Target not allowed',
    advice: 'Webhooks reach public HTTPS addresses only. Who runs this server can allow others with --allow-targets.',
  },
  protocol: {
    title: 'Broken answer',
    advice: 'The endpoint must answer with valid HTTP and not close the connection early.',
  },
  canceled: { title: 'Interrupted', advice: 'This server stopped in the middle. The attempt is made again by itself.' },
  badWebhook: {
    title: 'Unusable settings',
    advice: 'Edit the webhook: a request can’t be made from its URL or headers.',
  },
}

const byStatus: Record<number, Failure> = {
  400: { title: '400 Bad Request', advice: 'Its answer may say what it did not like about the body.' },
  401: {
    title: '401 Unauthorized',
    advice:
      'If it checks the signature, give it the current secret and the raw body. If it asks for credentials, add them as a header.',
  },
  403: {
    title: '403 Forbidden',
    advice: 'Check the credentials in the headers, and whether a firewall keeps this server out.',
  },
  404: { title: '404 Not Found', advice: 'Check the path in the Webhook URL.' },
  405: { title: '405 Method Not Allowed', advice: 'The endpoint must accept POST at this path.' },
  410: { title: '410 Gone', advice: 'The endpoint wants no more deliveries, so the webhook was paused.' },
  413: { title: '413 Content Too Large', advice: 'The endpoint must accept larger bodies.' },
  415: { title: '415 Unsupported Media Type', advice: 'The endpoint must accept application/json.' },
  429: { title: '429 Too Many Requests', advice: 'Set a rate limit or fewer requests at once under Edit.' },
}

// failureWords explains an attempt that failed: its kind, and what to do. The server's own
// sentence about it, which names hosts and dates, stands beside these words.
export function failureWords(outcome: Outcome, status: number | undefined): Failure | undefined {
  if (outcome === 'success') return undefined
  if (outcome !== 'status') return byOutcome[outcome]
  const code = status ?? 0
  return (
    byStatus[code] ?? {
      title: `Answered ${code}`,
      advice:
        code >= 500
          ? 'The endpoint failed. Look into its log.'
          : 'It did not accept the request; its answer may say why.',
    }
  )
}

// firstSentence shortens the server's explanation for lists.
export function firstSentence(words: string): string {
  const end = words.search(/\.(\s|$)/)
  return end < 0 ? words : words.slice(0, end)
}
