// What must not happen: one account sees another's, a payload runs.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startBrowser } from '../harness/browser.mjs'
import { startReceiver } from '../harness/receiver.mjs'
import { signUp } from '../harness/seed.mjs'
import { startConversation, startServer } from '../harness/server.mjs'

let server, browser, receiver, ada, grace, webhook, conversation

const MARKUP = `<img src=x onerror="window.hacked=1"><script>window.hacked=1</script><b>bold</b>`

before(async () => {
  ;[server, browser, receiver] = await Promise.all([startServer(), startBrowser(), startReceiver()])
  ada = await signUp(server)
  grace = await signUp(server, { email: 'grace@example.com', password: 'another good one', name: 'Grace Hopper' })
  receiver.answerWith(500, MARKUP, { 'content-type': 'text/html' })
  webhook = await ada.api('POST', 'webhooks', { url: receiver.url, events: ['messageReceived'] })
  conversation = await startConversation(ada.api, { externalId: 'user123', name: MARKUP })
  await conversation.say(MARKUP)
})

after(async () => {
  await browser?.close()
  await Promise.all([server?.close(), receiver?.close()])
})

async function pageOf(person) {
  const page = await browser.newPage()
  await page.context().addCookies([person.cookie])
  return page
}

test('a payload with markup and script is shown, not run', async () => {
  const page = await pageOf(ada)
  const [delivery] = (await ada.api('GET', `deliveries?webhookId=${webhook.id}`)).data
  const [event] = (await ada.api('GET', 'events?event=messageReceived')).data
  for (const path of [
    'overview',
    `inbox?conversation=${conversation.id}`,
    'events',
    `events/${event.id}`,
    `deliveries/${delivery.id}`,
  ]) {
    await page.goto(`${server.url}/${ada.chatbotId}/${path}`)
    await page.getByText('<img src=x').first().waitFor()
  }
  await page.getByRole('region', { name: 'Response: Body' }).getByText('<b>bold</b>').waitFor()
  assert.equal(await page.evaluate(() => window.hacked), undefined)
  assert.equal(await page.locator('img[src=x]').count(), 0)
  assert.deepEqual(page.complaints, [])
})

test('the policy would stop a script that got in all the same', async () => {
  const page = await pageOf(ada)
  await page.goto(`${server.url}/${ada.chatbotId}/overview`)
  await page.getByRole('heading', { name: 'Overview' }).waitFor()
  await page.evaluate((markup) => {
    const place = document.createElement('div')
    place.innerHTML = markup
    const script = document.createElement('script')
    script.textContent = 'window.hacked = 2'
    document.body.append(place, script)
  }, MARKUP)
  await page.waitForFunction(() => document.querySelector('img[src=x]')?.complete)
  assert.equal(await page.evaluate(() => window.hacked), undefined)
})

test('two accounts see nothing of each other', async () => {
  const page = await pageOf(grace)
  await page.goto(server.url)
  await page.getByRole('heading', { name: 'Overview' }).waitFor()
  assert.ok(page.url().includes(grace.chatbotId))
  for (const path of ['overview', 'inbox', 'events', 'settings/keys', `webhooks/${webhook.id}`]) {
    await page.goto(`${server.url}/${ada.chatbotId}/${path}`)
    await page.getByText('There is nothing here').waitFor()
  }
  await page.goto(`${server.url}/${grace.chatbotId}/webhooks/${webhook.id}`)
  await page.getByText('There is nothing here').waitFor()
  await page.goto(`${server.url}/${grace.chatbotId}/inbox?conversation=${conversation.id}`)
  await page.getByRole('alert').waitFor()
  for (const path of [`${grace.chatbotId}/inbox`, `${grace.chatbotId}/events`, `${grace.chatbotId}/settings/keys`, 'members']) {
    await page.goto(`${server.url}/${path}`)
    await page.getByRole('heading', { level: 1 }).waitFor()
    await page.waitForLoadState('networkidle', { timeout: 1_000 }).catch(() => {}) // the live stream never rests
    const text = await page.locator('body').innerText()
    assert.ok(!text.includes('ada@example.com') && !text.includes('onerror') && !text.includes(receiver.url), path)
  }
})

test('a page that needs a login leads to it, and back', async () => {
  const page = await browser.newPage()
  await page.goto(`${server.url}/${ada.chatbotId}/events?event=messageReceived`)
  await page.getByRole('heading', { name: 'Log in to Bot9' }).waitFor()
  await page.getByLabel('Email').fill(ada.person.email)
  await page.locator('input[type=password]').fill('wrong password')
  await page.getByRole('button', { name: 'Log in' }).click()
  await page.getByRole('alert').waitFor()
  await page.locator('input[type=password]').fill(ada.person.password)
  await page.getByRole('button', { name: 'Log in' }).click()
  await page.getByRole('heading', { name: 'Events' }).waitFor()
  assert.ok(page.url().endsWith('/events?event=messageReceived'), page.url())
  await page.getByRole('button', { name: 'Account menu' }).click()
  await page.getByRole('menuitem', { name: 'Log out' }).click()
  await page.getByRole('heading', { name: 'Log in to Bot9' }).waitFor()
  await page.goto(`${server.url}/${ada.chatbotId}/overview`)
  await page.getByRole('heading', { name: 'Log in to Bot9' }).waitFor()
})
