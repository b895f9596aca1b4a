import type { Webhook, WebhookChange, WebhookCreation } from '../../lib/api/shapes'

// Draft is a webhook as the form holds it: every field is there, headers as a list.
export interface Draft {
  url: string
  events: string[]
  description: string
  ordering: 'conversation' | 'none'
  filter: string
  headers: { id: number; name: string; value: string }[]
  timeoutSeconds: number
  setAsideAfter: number
  maxInFlight: number
  rateLimit: number
  asymmetric: boolean
}

export const emptyDraft: Draft = {
  url: '',
  events: [],
  description: '',
  ordering: 'conversation',
  filter: '',
  headers: [],
  timeoutSeconds: 15,
  setAsideAfter: 5,
  maxInFlight: 0,
  rateLimit: 0,
  asymmetric: false,
}

export function draftOf(webhook: Webhook): Draft {
  return {
    url: webhook.url,
    events: webhook.events,
    description: webhook.description,
    ordering: webhook.ordering,
    filter: webhook.filter ?? '',
    headers: Object.entries(webhook.headers).map(([name, value], id) => ({ id, name, value })),
    timeoutSeconds: webhook.timeoutSeconds,
    setAsideAfter: webhook.setAsideAfter,
    maxInFlight: webhook.maxInFlight ?? 0,
    rateLimit: webhook.rateLimit ?? 0,
    asymmetric: webhook.signatures.includes('v1a'),
  }
}

// changeOf makes the API's merge patch of a webhook; null removes a header.
export function changeOf(draft: Draft, before: Webhook): WebhookChange {
  const body = bodyOf(draft)
  const removed = Object.keys(before.headers).map((name) => [name, null])
  return { ...body, headers: { ...Object.fromEntries(removed), ...body.headers } }
}

// bodyOf is what the API takes to make a webhook.
export function bodyOf(draft: Draft): WebhookCreation {
  const named = draft.headers.filter((header) => header.name.trim() !== '')
  return {
    url: draft.url.trim(),
    events: draft.events,
    description: draft.description.trim(),
    ordering: draft.ordering,
    filter: draft.filter.trim(),
    headers: Object.fromEntries(named.map((header) => [header.name.trim(), header.value])),
    timeoutSeconds: draft.timeoutSeconds,
    setAsideAfter: draft.setAsideAfter,
    maxInFlight: draft.maxInFlight,
    rateLimit: draft.rateLimit,
    signatures: draft.asymmetric ? ['v1', 'v1a'] : ['v1'],
  }
}

export const CUSTOM_NAME = /^custom\.[A-Za-z0-9._-]{1,64}$/
