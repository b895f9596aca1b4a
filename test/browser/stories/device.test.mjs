// Somebody logs the command line in through their browser: `bot9 login` runs for real, and its code
// is approved, or denied, on the page that it names.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { startBrowser } from '../harness/browser.mjs'
import { signUp } from '../harness/seed.mjs'
import { binary, startServer } from '../harness/server.mjs'

let server, browser, page, owner, home

before(async () => {
  ;[server, browser] = await Promise.all([startServer(), startBrowser()])
  owner = await signUp(server)
  page = await browser.newPage()
  home = await mkdtemp(join(tmpdir(), 'bot9-home-'))
})

after(async () => {
  await browser?.close()
  await server?.close()
  await rm(home, { recursive: true, force: true })
})

// login runs `bot9 login` until it shows its code and page; ended gives the exit code.
async function login(...flags) {
  const child = spawn(binary, ['login', '--url', server.url, ...flags], {
    env: { PATH: process.env.PATH, XDG_CONFIG_HOME: home },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const run = { output: '', ended: once(child, 'exit').then(([code]) => code) }
  const shown = new Promise((done, fail) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (data) => {
        run.output += data
        if (run.output.includes('Waiting')) done()
      })
    }
    run.ended.then(() => fail(new Error(`bot9 login ended: ${run.output}`)))
  })
  await shown
  run.code = run.output.match(/Your code is {2}(\S+)/)[1]
  run.page = run.output.match(/Approve it at (\S+)/)[1]
  return run
}

test('whoever is not logged in does that first, then approves, and the key is kept', async () => {
  const terminal = await login()
  await page.goto(terminal.page)
  await page.getByLabel('Email').fill(owner.person.email)
  await page.locator('input[type=password]').fill(owner.person.password)
  await page.getByRole('button', { name: 'Log in' }).click()
  await page.getByText(terminal.code, { exact: true }).waitFor()
  await page.getByText(`bot9 on ${hostname()}`.slice(0, 50)).waitFor()
  await page.getByText('From 127.0.0.1').waitFor()
  await page.getByText('Does your terminal show this code?').waitFor()
  await page.getByRole('button', { name: 'Approve' }).click()
  await page.getByText('Go back to your terminal').waitFor()
  assert.equal(await terminal.ended, 0, terminal.output)
  assert.match(terminal.output, /Logged in to .*: chatbot Support/)

  const path = join(home, 'bot9', 'profiles.json')
  const { default: profile } = JSON.parse(await readFile(path, 'utf8'))
  assert.equal((await stat(path)).mode & 0o777, 0o600)
  assert.equal(profile.chatbotId, owner.chatbotId)
  assert.ok(!terminal.output.includes(profile.key))
  const account = await fetch(`${server.url}/api/auth/account`, { headers: { Authorization: `Bearer ${profile.key}` } })
  assert.equal(account.status, 200)
  await page.goto(`${server.url}/${owner.chatbotId}/settings/keys`)
  await page.getByText(`bot9 on ${hostname()}`.slice(0, 50)).first().waitFor()
})

test('the code can be typed, and denied', async () => {
  const terminal = await login('--profile', 'other')
  await page.goto(`${server.url}/device`)
  await page.getByRole('textbox', { name: 'Code' }).fill('XXXX-XXXX')
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.getByText('No login has this code').waitFor()
  await page.getByRole('textbox', { name: 'Code' }).fill(terminal.code.toLowerCase().replace('-', ''))
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.getByRole('button', { name: 'Deny' }).click()
  await page.getByText('The program gets no key').waitFor()
  assert.equal(await terminal.ended, 3, terminal.output)
  assert.match(terminal.output, /denied in the browser/)
  await page.reload()
  await page.getByText('The program gets no key').waitFor()
  assert.deepEqual(page.complaints, [])
})
