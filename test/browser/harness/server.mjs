// Starts the real program with a data folder of its own, and talks to its API.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

export const binary = resolve(process.env.BOT9_BIN ?? join(import.meta.dirname, '../../../bin/bot9'))
const START_MS = 20_000

async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address()
  probe.close()
  await once(probe, 'close')
  return port
}

// startServer runs `bot9 COMMAND`. stop and start again keep address and data. Receivers on this
// machine are allowed, unless targets says otherwise.
export async function startServer(command = 'serve', targets = '127.0.0.0/8') {
  const folder = await mkdtemp(join(tmpdir(), 'bot9-browser-'))
  const url = `http://127.0.0.1:${await freePort()}`
  let child
  let output = ''

  async function start() {
    const settings = ['--addr', new URL(url).host, '--database-url', `sqlite:${join(folder, 'bot9.db')}`]
    if (command === 'serve') settings.push('--allow-targets', targets)
    child = spawn(binary, [command, ...settings], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (output += data))
    const deadline = Date.now() + START_MS
    for (;;) {
      const ready = await fetch(`${url}/readyz`).catch(() => undefined)
      if (ready?.ok) return
      if (child.exitCode !== null || Date.now() > deadline) throw new Error(`the server did not start:\n${output}`)
      await new Promise((again) => setTimeout(again, 25))
    }
  }

  async function stop() {
    if (child.exitCode !== null) return
    child.kill('SIGTERM')
    await once(child, 'exit')
  }

  await start()
  return {
    url,
    database: join(folder, 'bot9.db'),
    start,
    stop,
    read: (name) => readFile(join(folder, name), 'utf8'),
    async close() {
      await stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

// apiOf calls a chatbot's API with its secret key.
export function apiOf(server, chatbotId, key) {
  return async (method, path, body) => {
    const answer = await fetch(`${server.url}/api/${chatbotId}/${path}`, {
      method,
      headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`)
    return text ? JSON.parse(text) : undefined
  }
}

// startConversation begins one and returns a function that says something in it.
export async function startConversation(api, user = { externalId: 'user123', name: 'Ada' }, source = 'website-widget') {
  const { id } = await api('POST', 'conversations', { Source: source, Status: 'active', user })
  return { id, say: (message) => api('POST', `conversations/${id}/chat`, { message }) }
}
