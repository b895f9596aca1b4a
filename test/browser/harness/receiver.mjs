// A receiver of webhooks on loopback: it answers what it is told to, and keeps what it got.
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'

export async function startReceiver() {
  const received = []
  let answer = { status: 200, body: '{"ok":true}', headers: { 'content-type': 'application/json' } }
  const server = createServer(async (request, response) => {
    const chunks = []
    for await (const chunk of request) chunks.push(chunk)
    received.push({ headers: request.headers, body: Buffer.concat(chunks).toString() })
    response.writeHead(answer.status, answer.headers).end(answer.body)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${server.address().port}/webhooks/bot9`,
    received,
    answerWith(status, body = '', headers = { 'content-type': 'text/plain' }) {
      answer = { status, body, headers }
    },
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

// signedWith tells whether one of a delivery's signatures was made with the secret.
export function signedWith(secret, { headers, body }) {
  const key = Buffer.from(secret.replace('whsec_', ''), 'base64')
  const text = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`
  const want = `v1,${createHmac('sha256', key).update(text).digest('base64')}`
  return headers['webhook-signature'].split(' ').includes(want)
}
