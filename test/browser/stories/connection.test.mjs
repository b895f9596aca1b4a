// A bad line: the server restarts under a page, the network is slow, scripts must be few.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { budgets } from '../budgets.mjs'
import { startBrowser } from '../harness/browser.mjs'
import { signUp } from '../harness/seed.mjs'
import { startConversation, startServer } from '../harness/server.mjs'

const BUSY_MS = 10_000
const MOST_CALLS = 20 // 60 in half a minute

let server, browser, owner

before(async () => {
  ;[server, browser] = await Promise.all([startServer(), startBrowser()])
  owner = await signUp(server)
})

after(async () => {
  await browser?.close()
  await server?.close()
})

async function open(path, prepare = async () => {}) {
  const page = await browser.newPage()
  await page.context().addCookies([owner.cookie])
  await prepare(page)
  await page.goto(`${server.url}/${owner.chatbotId}/${path}`)
  return page
}

test('when the server restarts, the page says so, reconnects and misses nothing', async () => {
  const page = await open('events')
  await page.locator('[data-live=live]').waitFor({ state: 'attached' })
  const conversation = await startConversation(owner.api)
  await page.getByRole('list', { name: 'Events' }).getByText('conversationStarted').waitFor()
  await page.evaluate(() => {
    window.notReloaded = true
  })
  await server.stop()
  await page.getByText('Connection lost').first().waitFor()
  await server.start()
  await conversation.say('Said while the page was away')
  await page.getByText('Connected again').waitFor()
  await page.getByText('Said while the page was away').first().waitFor()
  await page.locator('[data-live=live]').waitFor({ state: 'attached' })
  await conversation.say('And live again')
  await page.getByText('And live again').first().waitFor()
  assert.ok(await page.evaluate(() => window.notReloaded))
})

test('an action that can’t reach the server says so, and works when tried again', async () => {
  const page = await open('settings/keys')
  await page.getByRole('button', { name: 'Create key' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Name').fill('production')
  await page.context().setOffline(true)
  await dialog.getByRole('button', { name: 'Create key' }).click()
  await dialog.getByText('The server can’t be reached').waitFor()
  await page.context().setOffline(false)
  await dialog.getByRole('button', { name: 'Create key' }).click()
  await page.getByText('Your secret key').waitFor()
})

test('on a slow line the page comes, and works', async () => {
  const page = await open('overview', async (page) => {
    const line = await page.context().newCDPSession(page)
    await line.send('Network.enable')
    await line.send('Network.emulateNetworkConditions', {
      offline: false,
      latency: 400,
      downloadThroughput: 100_000, // bytes a second: slow 3G is about half of it
      uploadThroughput: 25_000,
    })
    page.setDefaultTimeout(60_000)
  })
  await page.getByRole('heading', { name: 'Overview' }).waitFor()
  await page.getByRole('link', { name: 'API Keys', exact: true }).click()
  await page.getByRole('link', { name: 'Add webhook' }).waitFor()
})

test('what comes late moves nothing that is there', async () => {
  const { id } = await owner.api('POST', 'webhooks', { url: 'http://127.0.0.1:9/nobody', events: ['*'] })
  await (await startConversation(owner.api)).say('Hello')
  let calls = 0
  const page = await open('overview', async (page) => {
    await page.route(/\/api\/(?!.*\/stream)/, async (route) => {
      await new Promise((late) => setTimeout(late, 100 + ((calls++ * 137) % 400)))
      await route.continue()
    })
    await page.addInitScript(() => {
      window.moved = 0
      new PerformanceObserver((list) => {
        for (const shift of list.getEntries()) window.moved += shift.value
      }).observe({ type: 'layout-shift', buffered: true })
    })
  })
  for (const path of ['overview', 'inbox', 'knowledge', 'settings/keys', `webhooks/${id}`, 'events', 'tester']) {
    await page.goto(`${server.url}/${owner.chatbotId}/${path}`)
    await page.getByRole('heading', { level: 1 }).waitFor()
    await page.waitForFunction(() => !document.querySelector('.mantine-Skeleton-root'))
    const moved = await page.evaluate(() => window.moved)
    assert.ok(moved < 0.05, `${path}: layout shift of ${moved.toFixed(3)}`)
  }
  await page.unrouteAll({ behavior: 'ignoreErrors' })
})

test('every route stays within its budget of JavaScript and requests', async () => {
  const { id } = await owner.api('POST', 'webhooks', { url: 'http://127.0.0.1:9/nobody', events: ['*'] })
  const over = []
  for (const { route, kib, requests } of budgets) {
    const page = await browser.newPage()
    if (route !== 'login') await page.context().addCookies([owner.cookie])
    const answers = []
    page.on('response', (answer) => answers.push(answer))
    const path = route === 'login' ? 'login' : `${owner.chatbotId}/${route === 'webhook' ? `webhooks/${id}` : route}`
    await page.goto(`${server.url}/${path}`)
    await page.getByRole('heading', { level: 1 }).waitFor()
    await page.waitForFunction(() => !document.querySelector('.mantine-Skeleton-root'))
    await page.waitForLoadState('load')
    let weight = 0
    for (const answer of answers) {
      if (new URL(answer.url()).pathname.endsWith('.js')) weight += gzipSync(await answer.body()).length
    }
    assert.ok(weight > 50 * 1024, `${route}: what it loads was not seen`)
    const line = `${route}: ${(weight / 1024).toFixed(1)} KiB of ${kib}, ${answers.length} requests of ${requests}`
    console.log(line)
    if (weight > kib * 1024 || answers.length > requests) over.push(line)
    await page.context().close()
  }
  assert.deepEqual(over, [])
})

test('a busy chatbot with many webhooks costs an open page few requests', async () => {
  for (let i = 0; i < 40; i++) await owner.api('POST', 'webhooks', { url: `http://127.0.0.1:9/${i}`, events: ['custom.busy'] })
  const conversation = await startConversation(owner.api)
  const busy = setInterval(() => {
    owner.api('POST', 'events', { event: 'custom.busy', data: {}, conversationId: conversation.id }).catch(() => {})
  }, 200)
  try {
    for (const path of ['overview', 'webhooks', 'events', `inbox?conversation=${conversation.id}`]) {
      const page = await open(path)
      await page.locator('[data-live=live]').waitFor({ state: 'attached' })
      await page.waitForLoadState('networkidle').catch(() => {})
      let calls = 0
      page.on('request', (request) => {
        if (request.url().includes('/api/')) calls++
      })
      await page.waitForTimeout(BUSY_MS) // what is counted is how often it asks in a given time
      assert.ok(calls <= MOST_CALLS, `${path}: ${calls} calls in ${BUSY_MS / 1000} s`)
      await page.context().close()
    }
  } finally {
    clearInterval(busy)
  }
})

test('a session that ends while one writes: one logs in there, and what was typed is saved', async () => {
  const page = await open('settings/keys')
  await page.getByRole('button', { name: 'Create key' }).click()
  const dialog = page.getByRole('dialog').filter({ hasText: 'To tell keys apart' })
  await dialog.getByLabel('Name').fill('typed before the end')
  await fetch(`${server.url}/api/auth/logout`, { method: 'POST', headers: { Cookie: `${owner.cookie.name}=${(await page.context().cookies())[0].value}` } })
  // The stream may have noticed already, and the dialog stand above.
  await dialog.getByRole('button', { name: 'Create key' }).dispatchEvent('click')
  const again = page.getByRole('dialog').filter({ hasText: 'Your session has ended' })
  await again.locator('input[type=password]').fill(owner.person.password)
  await again.getByRole('button', { name: 'Log in' }).click()
  await page.getByText('Your secret key').waitFor()
  await page.getByRole('button', { name: 'I stored it' }).click()
  await page.getByText('typed before the end').waitFor()
  await page.locator('[data-live=live]').waitFor({ state: 'attached' })
})
