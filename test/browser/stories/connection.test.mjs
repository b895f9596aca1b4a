// A bad line: the server restarts under a page, the network is slow, scripts must be few.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { startBrowser } from '../harness/browser.mjs'
import { signUp } from '../harness/seed.mjs'
import { startConversation, startServer } from '../harness/server.mjs'

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
  await page.getByText('The connection to the server is lost').waitFor()
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
  for (const path of ['overview', 'inbox', 'knowledge', 'settings/keys', `settings/webhooks/${id}`, 'events', 'tester']) {
    await page.goto(`${server.url}/${owner.chatbotId}/${path}`)
    await page.getByRole('heading', { level: 1 }).waitFor()
    await page.waitForFunction(() => !document.querySelector('.mantine-Skeleton-root'))
    const moved = await page.evaluate(() => window.moved)
    assert.ok(moved < 0.05, `${path}: layout shift of ${moved.toFixed(3)}`)
  }
  await page.unrouteAll({ behavior: 'ignoreErrors' })
})

test('the first load stays under 250 KiB of JavaScript, gzipped', async () => {
  for (const path of ['login', `${owner.chatbotId}/overview`, `${owner.chatbotId}/settings/keys`]) {
    const page = await browser.newPage()
    if (path !== 'login') await page.context().addCookies([owner.cookie])
    const scripts = []
    page.on('response', (response) => {
      if (new URL(response.url()).pathname.endsWith('.js')) scripts.push(response)
    })
    await page.goto(`${server.url}/${path}`)
    await page.getByRole('heading', { level: 1 }).waitFor()
    await page.waitForLoadState('load')
    let weight = 0
    for (const script of scripts) weight += gzipSync(await script.body()).length
    assert.ok(scripts.length > 1)
    assert.ok(weight < 250 * 1024, `${path}: ${(weight / 1024).toFixed(1)} KiB`)
    await page.context().close()
  }
})
