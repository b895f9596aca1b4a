import { expect, it } from 'vitest'
import type { Key, Webhook } from '../../lib/api/shapes'
import { attentionOf } from './matters'

const now = Date.parse('2026-11-22T19:00:00Z')
const ago = (days: number) => new Date(now - days * 24 * 60 * 60 * 1000).toISOString()
const webhook = (id: string, more: object) =>
  ({ id, url: `https://${id}.example`, status: 'enabled', secretSince: ago(1), ...more }) as Webhook
const key = (name: string, more: object) =>
  ({ id: `key_${name}`, name, createdAt: ago(1), lastUsedAt: ago(0), ...more }) as Key
const nobody = { count: 0, more: false }

it('has the worst first', () => {
  const matters = attentionOf(
    {
      webhooks: [
        webhook('old', { secretSince: ago(200) }),
        webhook('paused', { status: 'disabled', disabledReason: 'paused by Ada' }),
        webhook('failing', {
          health: { consecutiveFailures: 3, failingSince: ago(0), lastError: 'It answered 500. Look into its log.' },
        }),
        webhook('fine', { health: { consecutiveFailures: 0 } }),
      ],
      keys: [key('unused', { lastUsedAt: undefined })],
      waiting: { count: 50, more: true },
    },
    now,
  )
  expect(matters.map(({ title, lead }) => [title, lead].join(': '))).toEqual([
    'The last 3 attempts at https://failing.example failed: It answered 500',
    'https://paused.example is paused: paused by Ada',
    expect.stringMatching(/^50\+ conversations wait for an agent/),
    expect.stringMatching(/^The key unused was never used/),
    expect.stringMatching(/^The secret of https:\/\/old.example is due for rotation: It has been in use for 200 d/),
  ])
})

it('says one thing of a key: that its old secret works, that it is unused, or that it is due', () => {
  const keys = [
    key('a', { createdAt: ago(300), rotatedAt: ago(0), graceUntil: ago(-1) }),
    key('b', { createdAt: ago(300), lastUsedAt: undefined }),
    key('c', { createdAt: ago(300) }),
    key('d', { createdAt: ago(300), rotatedAt: ago(1), graceUntil: ago(0.5) }),
  ]
  const matters = attentionOf({ webhooks: [], keys, waiting: nobody }, now)
  expect(matters.map((matter) => matter.title)).toEqual([
    'The old secret of a still works',
    'The key b was never used',
    'The secret of c is due for rotation',
  ])
})
