import { expect, it } from 'vitest'
import type { Envelope } from '../api/shapes'
import { causedBy } from './caused'

const event = (sequence: number, name: string, second: number, messageId?: string): Envelope => ({
  event: name,
  data: { chatbotId: 'bot_1', ...(messageId && { messageId }) },
  id: `evt_${sequence}`,
  createdAt: `2026-11-22T19:00:0${second}.000Z`,
  apiVersion: '1',
  conversationId: 'conv_1',
  sequence,
})

const conversation = [
  event(1, 'conversationStarted', 0),
  event(2, 'messageReceived', 1, 'msg_a'),
  event(3, 'answerNotFound', 2, 'msg_a'),
  event(4, 'messageSent', 2, 'msg_b'),
  event(5, 'messageReceived', 3, 'msg_c'),
  event(6, 'conversationStatusChanged', 3),
  event(7, 'handoverRequested', 3),
  event(8, 'messageSent', 3, 'msg_d'),
  event(9, 'conversationClosed', 4),
]

const namesOf = (messageId: string) => causedBy(messageId, conversation.toReversed()).map((each) => each.event)

it('finds what names the message, also later', () => {
  expect(namesOf('msg_a')).toEqual(['messageReceived', 'answerNotFound'])
})

it('finds what was committed with it', () => {
  expect(namesOf('msg_c')).toEqual(['messageReceived', 'conversationStatusChanged', 'handoverRequested'])
})

it('leaves what came later, by itself, to nobody', () => {
  expect(namesOf('msg_d')).toEqual(['messageSent'])
})
