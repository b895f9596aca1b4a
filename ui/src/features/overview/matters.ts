import type { Key, Webhook } from '../../lib/api/shapes'
import { firstSentence } from '../../lib/format/failure'
import { span } from '../../lib/format/time'
import { t } from '../../lib/strings'

// A key that is older than this and was never used is worth a look.
const UNUSED_MS = 60 * 60 * 1000

// Secrets that sign or open for longer than this should be rotated.
const DUE_MS = 180 * 24 * 60 * 60 * 1000

const TONES = ['bad', 'warn', 'quiet'] as const

export interface Matter {
  id: string
  tone: (typeof TONES)[number]
  about: 'failing' | 'paused' | 'waiting' | 'secret'
  title: string
  lead?: string
  until?: string // when it ends by itself
  webhookId?: string // where it leads to; else the keys, or the inbox for what waits
}

export interface Known {
  webhooks: Webhook[]
  keys: Key[]
  waiting: { count: number; more: boolean } // conversations, for an agent
}

// attentionOf is what someone should look at, the worst first.
export function attentionOf({ webhooks, keys, waiting }: Known, now: number): Matter[] {
  const matters = [...webhooks.flatMap(stateOf), ...waitingOf(waiting)]
  for (const key of keys) matters.push(...keyOf(key, now))
  for (const webhook of webhooks) {
    const due = dueOf(webhook.url, webhook.secretSince, now)
    if (due) matters.push({ ...due, id: `${webhook.id} secret`, webhookId: webhook.id })
  }
  return matters.sort((a, b) => TONES.indexOf(a.tone) - TONES.indexOf(b.tone))
}

function stateOf({ id, url, status, disabledReason, health }: Webhook): Matter[] {
  if (status === 'disabled') {
    return [{ id, webhookId: id, tone: 'warn', about: 'paused', title: t.overview.paused(url), lead: disabledReason }]
  }
  if (!health?.failingSince) return []
  const title = t.overview.failing(url, health.consecutiveFailures)
  return [
    {
      id,
      webhookId: id,
      tone: 'bad',
      about: 'failing',
      title,
      lead: health.lastError && firstSentence(health.lastError),
    },
  ]
}

function waitingOf({ count, more }: Known['waiting']): Matter[] {
  if (count === 0) return []
  const title = t.overview.waiting(count, more)
  return [{ id: 'waiting', tone: 'warn', about: 'waiting', title, lead: t.overview.waitingLead }]
}

function keyOf({ id, name, createdAt, rotatedAt, lastUsedAt, graceUntil }: Key, now: number): Matter[] {
  const called = name || t.keys.unnamed
  const quiet = { id, tone: 'quiet', about: 'secret' } as const
  if (graceUntil && Date.parse(graceUntil) > now) {
    return [{ ...quiet, title: t.overview.keyGrace(called), lead: t.overview.keyGraceLead, until: graceUntil }]
  }
  if (!lastUsedAt && now - Date.parse(createdAt) > UNUSED_MS) {
    return [{ ...quiet, title: t.overview.keyUnused(called), lead: t.overview.unused }]
  }
  const due = dueOf(called, rotatedAt ?? createdAt, now)
  return due ? [{ ...due, id }] : []
}

function dueOf(name: string, since: string | undefined, now: number): Omit<Matter, 'id'> | undefined {
  const age = since ? now - Date.parse(since) : 0
  if (age <= DUE_MS) return undefined
  return {
    tone: 'quiet',
    about: 'secret',
    title: t.overview.secretDue(name),
    lead: t.overview.secretDueLead(span(age)),
  }
}
