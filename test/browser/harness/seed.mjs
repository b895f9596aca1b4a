// Fills a chatbot with what its pages can show: talk, knowledge, webhooks that do well and badly.
import { apiOf, startConversation } from './server.mjs'

const questions = [
  'How long does delivery take?',
  'Can I send it back?',
  'Do you ship to Iceland?',
  'I want to speak to a human',
]

const people = [
  { externalId: 'user-1', name: 'Ada Lovelace', emailId: 'ada@example.com' },
  { externalId: 'user-2', name: 'Grace Hopper' },
  { externalId: 'user-3', emailId: 'edsger@example.com' },
  { externalId: 'user-4', name: 'Barbara Liskov' },
  { externalId: 'user-5', name: 'Katherine Johnson' },
  { externalId: 'user-6', name: 'Alan Turing', source: 'whatsapp' },
]

const documents = [
  {
    title: 'Delivery',
    text: '# How long does delivery take?\nDelivery takes two working days. You get a tracking number by email.\n\n# Where do you ship?\nWe ship to every country of the European Union, to Norway and to Switzerland.',
  },
  {
    title: 'Returns',
    text: '# Can I send something back?\nYes, within 30 days, unused and in its box. We pay for the label.',
  },
  { title: 'Opening hours', text: 'Our people answer Monday to Friday, from 9 to 17 o’clock.' },
]

// signUp makes an account and a chatbot, and returns what later steps need.
export async function signUp(server, person = { email: 'ada@example.com', password: 'correct horse battery', name: 'Ada Lovelace' }) {
  const cookieCall = async (path, body, cookie) => {
    const answer = await fetch(server.url + path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...(cookie && { Cookie: cookie }) },
      body: JSON.stringify(body),
    })
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`)
    return { cookie: answer.headers.get('set-cookie')?.split(';')[0], body: await answer.json() }
  }
  const { cookie } = await cookieCall('/api/auth/signup', person)
  const { body: chatbot } = await cookieCall('/api/chatbots', { name: 'Support' }, cookie)
  const session = cookie.slice(cookie.indexOf('=') + 1)
  return {
    person,
    chatbotId: chatbot.id,
    key: chatbot.apiKey.secret,
    api: apiOf(server, chatbot.id, chatbot.apiKey.secret),
    cookie: { name: cookie.split('=')[0], value: session, url: server.url },
    startDeviceLogin: async (clientName) => (await cookieCall('/api/auth/device', { clientName })).body,
    // another chatbot of the account, with nothing in it
    addChatbot: async (name) => (await cookieCall('/api/chatbots', { name }, cookie)).body.id,
    // asMember calls the chatbot's API as the person who is logged in
    asMember: async (path, body) => (await cookieCall(`/api/${chatbot.id}/${path}`, body, cookie)).body,
    invite: (email, role) => cookieCall('/api/auth/members', { email, role }, cookie),
  }
}

export async function fill({ api, asMember, startDeviceLogin }, receiver, brokenUrl) {
  for (const document of documents) await api('POST', 'knowledge', document)
  const healthy = await api('POST', 'webhooks', { url: receiver.url, events: ['*'], description: 'Order desk' })
  const failing = await api('POST', 'webhooks', {
    url: brokenUrl,
    events: ['messageReceived', 'conversationStarted', 'handoverRequested', 'conversationClosed'],
    description: 'CRM',
    filter: 'data.source == "website-widget"',
  })
  await api('POST', 'webhooks', {
    url: 'https://analytics.example.com/hooks',
    events: ['csatSubmitted'],
    status: 'disabled',
  })
  const tester = await api('POST', 'receivers', { description: 'Trial' })
  await fetch(tester.url, { method: 'POST', headers: { 'bot9-event': 'messageReceived', 'webhook-id': 'evt_forged' }, body: '{"event":"messageReceived"}' })
  await api('POST', 'webhooks', { url: tester.url, events: ['messageReceived', 'handoverRequested', 'custom.*'], description: 'Webhook tester' })
  const conversations = []
  for (const [i, { source, ...person }] of people.entries()) {
    const conversation = await startConversation(api, person, source)
    conversations.push(conversation)
    for (const question of questions.slice(0, 2 + (i % 3))) await conversation.say(question)
  }
  await api('POST', `conversations/${conversations[1].id}/reviews`, { score: 5, comment: 'Quick and kind' })
  await api('PATCH', `conversations/${conversations[0].id}`, { status: 'closed' })
  const handled = conversations[5].id
  await api('POST', `conversations/${handled}/leads`, { emailId: 'alan@example.com', fields: { company: 'Bletchley Ltd', plan: 'Business' } })
  await api('POST', `conversations/${handled}/messages`, { chatUser: 'humanagent', agentId: 'mem_grace', agentName: 'Grace', message: 'Hello, this is Grace. May I have your order number?' })
  await asMember(`conversations/${handled}/notes`, { text: 'He called this morning as well: the parcel was returned to us.' })
  await asMember('canned-replies', { name: 'refund', text: 'Your refund is on its way. It takes three working days.' })
  await asMember('canned-replies', { name: 'returns', text: 'Please put the label on the box; the post collects it from your door.' })
  await startConversation(api, people[5], 'whatsapp')
  await api('POST', 'events', { event: 'custom.orderShipped', data: { order: 4711, carrier: 'post' } })
  // Its code is good for ten minutes, which the pictures of all pages may take.
  const deviceCode = async () => (await startDeviceLogin('bot9 on ada-laptop')).userCode
  return { healthy, failing, conversations, deviceCode, tester }
}

// settled waits until the webhook has no delivery that was never tried.
export async function settled(api, webhookId) {
  for (;;) {
    const { data } = await api('GET', `deliveries?webhookId=${webhookId}&status=pending&limit=250`)
    if (data.every((delivery) => !delivery.nextAttemptAt)) return
    await new Promise((again) => setTimeout(again, 100))
  }
}
