export interface Guide {
  id: string
  title: string
  steps: { title: string; text: string[]; code?: string }[]
}

// guides are the first things to do, as commands that work when the key is put in.
export function guides(origin: string, chatbotId: string): Guide[] {
  return [chat(origin, chatbotId), receive(origin, chatbotId), ownBot(origin, chatbotId)]
}

const key = "export BOT9_KEY='bot9_sk_…'   # from Settings → API Keys"

const chat = (origin: string, chatbotId: string): Guide => ({
  id: 'chat',
  title: 'Chat by the API',
  steps: [
    {
      title: '1. Take a key',
      text: ['A secret key belongs to one chatbot. Keep it on your servers, never in a web page.'],
      code: key,
    },
    {
      title: '2. Start a conversation',
      text: ['The answer has the conversation’s id. An externalId of your own finds the same end user again.'],
      code: `curl ${origin}/api/${chatbotId}/conversations \\
  -H "Authorization: Bearer $BOT9_KEY" -H 'Content-Type: application/json' \\
  -d '{"Source":"website-widget","Status":"active","user":{"externalId":"user123","name":"Ada"}}'`,
    },
    {
      title: '3. Say something',
      text: [
        'The bot answers from its knowledge. With Accept: text/event-stream the reply streams.',
        'While an agent answers (status needs_review) the bot is silent; a closed conversation answers 409.',
      ],
      code: `curl ${origin}/api/${chatbotId}/conversations/$CONVERSATION/chat \\
  -H "Authorization: Bearer $BOT9_KEY" -H 'Content-Type: application/json' \\
  -d '{"message":"How long does delivery take?"}'`,
    },
  ],
})

const receive = (origin: string, chatbotId: string): Guide => ({
  id: 'webhooks',
  title: 'Receive webhooks',
  steps: [
    {
      title: '1. Add a webhook',
      text: ['Here, under Settings → API Keys, or by the API. The answer has the signing secret.'],
      code: `${key}
curl ${origin}/api/${chatbotId}/webhooks \\
  -H "Authorization: Bearer $BOT9_KEY" -H 'Content-Type: application/json' \\
  -d '{"url":"https://example.com/webhooks/bot9","events":["*"]}'`,
    },
    {
      title: '2. Check the signature',
      text: [
        'webhook-signature is v1, and the base64 of HMAC-SHA256 over id.timestamp.body, with the bytes that follow whsec_ in the secret, decoded from base64. This is Standard Webhooks, so its libraries work.',
        'Use the raw body as it came, before any JSON parser. Refuse a timestamp that is older than five minutes. During a rotation the header has one signature for each secret: one that fits is enough.',
      ],
      code: `webhook-id: evt_38g4k4jvm0001
webhook-timestamp: 1795374000
webhook-signature: v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=`,
    },
    {
      title: '3. Answer at once',
      text: [
        'Any 2xx is a success; everything else is retried, for about three days. Store the event, answer, and do slow work afterwards.',
        'Deliveries can come twice: drop a webhook-id that you have seen. Within a conversation they come in the order of sequence.',
        'Answer 410 to be sent nothing more.',
      ],
    },
    {
      title: '4. Try it on your own machine',
      text: ['The command streams live events to a local address, signed. It needs no public URL.'],
      code: `bot9 listen --forward-to http://localhost:3000/webhooks/bot9`,
    },
  ],
})

const ownBot = (origin: string, chatbotId: string): Guide => ({
  id: 'own-bot',
  title: 'Bring your own bot',
  steps: [
    {
      title: 'Append what was said',
      text: [
        'If your bot runs elsewhere, store both sides of the talk. Every message becomes an event, with its place in the order.',
      ],
      code: `curl ${origin}/api/${chatbotId}/conversations/$CONVERSATION/messages \\
  -H "Authorization: Bearer $BOT9_KEY" -H 'Content-Type: application/json' \\
  -d '{"chatUser":"user","message":"Where is my order?"}'`,
    },
    {
      title: 'Or post events',
      text: ['One event or up to 1,000 at a time. Catalog types are checked; custom.* types are yours.'],
      code: `curl ${origin}/api/${chatbotId}/events \\
  -H "Authorization: Bearer $BOT9_KEY" -H 'Content-Type: application/json' \\
  -d '{"event":"custom.orderShipped","data":{"order":42}}'`,
    },
  ],
})
