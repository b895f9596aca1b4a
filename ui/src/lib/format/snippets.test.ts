import { execFile } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { createServer } from 'node:http'
import { describe, expect, it } from 'vitest'
import { verifySnippets } from './snippets'

const secret = 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD'

describe('verifySnippets', () => {
  it('has every language, with the secret filled in', () => {
    const snippets = verifySnippets(secret, 'https://example.com/hook')
    expect(snippets.map((each) => each.language)).toEqual(['Go', 'TypeScript', 'Python', 'PHP', 'Ruby', 'curl'])
    for (const { code } of snippets) expect(code).toContain(secret)
  })

  it('signs by curl as a receiver expects it', async () => {
    const arrived = new Promise<boolean>((resolve) => {
      const server = createServer(async (request, response) => {
        let body = ''
        for await (const piece of request) body += piece
        const { 'webhook-id': id, 'webhook-timestamp': time, 'webhook-signature': signature } = request.headers
        const key = Buffer.from(secret.slice('whsec_'.length), 'base64')
        const want = createHmac('sha256', key).update(`${id}.${time}.${body}`).digest('base64')
        response.end()
        server.close()
        resolve(signature === `v1,${want}`)
      }).listen(0, '127.0.0.1', () => {
        const { port } = server.address() as { port: number }
        const curl = verifySnippets(secret, `http://127.0.0.1:${port}/`).at(-1)
        execFile('bash', ['-c', curl?.code ?? ''])
      })
    })
    expect(await arrived).toBe(true)
  })
})
