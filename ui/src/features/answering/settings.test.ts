import { expect, test } from 'vitest'
import { ApiError } from '../../lib/api/client'
import type { Answering } from './queries'
import { changeOf, placed, valuesOf } from './settings'

const saved = {
  engine: 'model',
  instructions: 'Be brief.',
  threshold: 0.5,
  suggestThreshold: 0.3,
  language: 'auto',
  model: {
    baseUrl: 'https://llm.example/v1',
    model: 'm',
    apiKeySet: true,
    temperature: null,
    maxTokens: 800,
    timeoutSeconds: 30,
    strict: true,
  },
  embeddings: null,
  handover: { afterNotFound: 2, words: [], offer: true, rule: '' },
  hours: null,
  ownBot: { timeoutSeconds: 60 },
} as unknown as Answering

test('what is saved unchanged keeps the key and stays without hours', () => {
  const change = changeOf(valuesOf(saved))
  expect(change.hours).toBeNull()
  expect(change.model).not.toHaveProperty('apiKey')
  expect(change.model).not.toHaveProperty('apiKeySet')
  expect(change).not.toHaveProperty('embeddings')
})

test('a key and hours that were given are sent', () => {
  const change = changeOf({ ...valuesOf(saved), apiKey: 'sk-1', always: false })
  expect(change.model?.apiKey).toBe('sk-1')
  expect(change.hours?.week).toHaveLength(5)
})

test('what the server says stands at its field', () => {
  const error = new ApiError(422, {
    errors: [
      { location: 'body.model.baseUrl', message: 'a' },
      { location: 'body.hours.week[1].from', message: 'b' },
      { location: 'body.handover.words[0]', message: 'c' },
      { location: 'body.model.apiKey', message: 'd' },
    ],
  })
  expect(placed(error)).toEqual({ 'model.baseUrl': 'a', 'hours.week.1.from': 'b', 'handover.words': 'c', apiKey: 'd' })
})
