// People talk to a bot, and to those who help, in the widget on a website of another origin with a strict
// Content-Security-Policy. Whatever happens in between, every event of it arrives at a webhook, in order and once.
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { after, before } from 'node:test'
import { startBrowser } from '../harness/browser.mjs'
import { startReceiver } from '../harness/receiver.mjs'
import { signUp } from '../harness/seed.mjs'
import { startServer } from '../harness/server.mjs'
import { startShop } from '../harness/shop.mjs'
import { steps, until } from '../harness/steps.mjs'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']
const OFFLINE_MS = 30_000

let server, browser, receiver, shop, owner, page, conversation

before(async () => {
  ;[server, browser, receiver] = await Promise.all([startServer(), startBrowser(), startReceiver()])
  shop = await startShop(server)
  owner = await signUp(server)
  shop.embed(owner.chatbotId)
  await owner.api('POST', 'webhooks', { url: receiver.url, events: ['*'] })
  await owner.api('POST', 'knowledge', {
    title: 'Delivery',
    text: '# How long does delivery take?\nDelivery takes two working days. You get a tracking number by email.',
  })
})

after(async () => {
  await browser?.close()
  await Promise.all([server?.close(), receiver?.close(), shop?.close()])
})

const step = steps()

const events = () => receiver.received.map(({ body }) => JSON.parse(body)).filter((event) => event.conversationId === conversation)
const names = () => events().map(({ event }) => event)
const say = async (on, text) => {
  await on.getByRole('textbox', { name: 'Write a message…' }).fill(text)
  await on.keyboard.press('Enter')
}
const bubbles = (on, text) => on.locator('.m', { hasText: text })
const agentSays = (message) =>
  owner.api('POST', `conversations/${conversation}/messages`, { chatUser: 'humanagent', message, agentId: 'agent-7', agentName: 'Grace Hopper' })

step('a page that is not allowed has no widget', async () => {
  const stranger = await browser.newPage()
  await stranger.goto(shop.url)
  await stranger.waitForFunction(() => window.Bot9?.open)
  await new Promise((wait) => setTimeout(wait, 500))
  assert.equal(await stranger.getByRole('button', { name: 'Open chat' }).count(), 0)
  await stranger.context().close()
})

step('the bot answers, and its answer streams', async () => {
  await owner.api('PATCH', 'answering', { handover: { afterNotFound: 0 } }) // the visitor asks for a person later
  await owner.api('PATCH', 'widget', {
    allowedOrigins: [shop.url],
    title: 'Shop support',
    greeting: 'Hi! How can we help?',
    suggestions: ['How long does delivery take?'],
    color: '#ffd60a',
  })
  page = await browser.newPage()
  await page.goto(shop.url)
  await page.getByRole('button', { name: 'Open chat' }).click()
  await page.getByText('Hi! How can we help?').waitFor()
  await page.getByRole('button', { name: 'How long does delivery take?' }).click()
  await page.getByText('two working days').waitFor()
  const { data } = await owner.api('GET', 'conversations')
  conversation = data[0].id
  assert.equal(data.length, 1)
  assert.equal(data[0].source, 'website-widget')
  await until('the webhook', () => names().length === 3)
  assert.deepEqual(names(), ['conversationStarted', 'messageReceived', 'messageSent'])
})

step('a reload in the middle keeps the conversation, open as it was', async () => {
  await page.reload()
  await page.getByText('two working days').waitFor()
  assert.equal(await bubbles(page, 'How long does delivery take?').count(), 1)
})

step('a second tab is the same conversation', async () => {
  const tab = await page.context().newPage()
  await tab.goto(shop.url)
  await tab.getByText('two working days').waitFor()
  await say(tab, 'And to Iceland?')
  await bubbles(page, 'And to Iceland?').waitFor()
  await until('the answer', async () => (await page.locator('.m.bot').count()) >= 3)
  assert.equal(await bubbles(page, 'And to Iceland?').count(), 1)
  assert.equal(await bubbles(tab, 'And to Iceland?').count(), 1)
  await tab.close()
  await say(page, 'Still here?') // the tab that read the stream may be the one that is gone
  await until('the answer', async () => (await page.locator('.m.bot').count()) >= 4)
})

step('a thumb is told', async () => {
  await page.getByRole('button', { name: 'Helpful', exact: true }).first().click()
  await until('messageRated', () => names().includes('messageRated'))
  assert.equal(events().at(-1).data.rating, 5)
})

step('an agent takes over, types and answers', async () => {
  await page.getByRole('button', { name: 'Talk to a person' }).click()
  await page.getByText('You’re in the queue').or(page.getByText("You're in the queue")).waitFor()
  await agentSays('Hello, Grace here.')
  await page.getByText('Hello, Grace here.').waitFor()
  await page.getByText('Grace Hopper joined the conversation').waitFor()
  await say(page, 'My parcel is late')
  await bubbles(page, 'My parcel is late').waitFor()
  await until('the message', () => names().at(-1) === 'messageReceived')
})

step('what is written without a network is said once', async () => {
  await page.context().setOffline(true)
  await say(page, 'Written without a network')
  await new Promise((wait) => setTimeout(wait, OFFLINE_MS))
  await agentSays('Said meanwhile')
  await page.context().setOffline(false)
  await page.getByText('Said meanwhile').waitFor()
  await until('the message', () => events().some(({ data }) => data.message === 'Written without a network'), 20_000)
  assert.equal(await bubbles(page, 'Written without a network').count(), 1)
  assert.equal(await bubbles(page, 'Said meanwhile').count(), 1)
})

step('a restart of the server loses and doubles nothing', async () => {
  await server.stop()
  await say(page, 'Written without a server')
  await server.start()
  await until('the message', () => events().some(({ data }) => data.message === 'Written without a server'), 30_000)
  await agentSays('Back again')
  await page.getByText('Back again').waitFor()
  assert.equal(await bubbles(page, 'Written without a server').count(), 1)
  assert.equal(await bubbles(page, 'Back again').count(), 1)
})

step('the conversation is closed, and rated', async () => {
  await owner.api('PATCH', `conversations/${conversation}`, { status: 'closed' })
  await page.getByText('How was this conversation?').waitFor()
  await page.getByRole('radio', { name: '4 of 5' }).click()
  await page.getByRole('textbox', { name: 'Anything to add? (optional)' }).fill('Kind')
  await page.getByRole('button', { name: 'Submit' }).click()
  await page.getByText('Thank you!').waitFor()
  const rated = await until('csatSubmitted', () => events().find(({ event }) => event === 'csatSubmitted'))
  assert.deepEqual([rated.data.score, rated.data.comment, rated.data.handledBy], [4, 'Kind', 'humanagent'])
})

step('every event of it arrived in order, none missing and none double', async () => {
  assert.deepEqual(
    events().map(({ sequence }) => sequence),
    events().map((_, i) => i + 1),
  )
  assert.deepEqual(page.complaints, [])
})

step('a new message opens a new conversation', async () => {
  await say(page, 'One more thing')
  await until('the conversation', async () => (await owner.api('GET', 'conversations')).data.length === 2)
  await until('the new view', async () => (await bubbles(page, 'Back again').count()) === 0)
  assert.equal(await bubbles(page, 'One more thing').count(), 1)
})

step('nothing serious for axe, in every state, wide and at 320 px, light and dark', async () => {
  for (const [colorScheme, width] of [['light', 1200], ['dark', 320]]) {
    const visitor = await browser.newPage({ colorScheme, viewport: { width, height: 640 }, bypassCSP: true, reducedMotion: 'reduce' })
    await visitor.goto(shop.url)
    const check = async (state) => {
      await visitor.evaluate(axe)
      const { violations } = await visitor.evaluate((tags) => window.axe.run(document, { runOnly: { type: 'tag', values: tags } }), TAGS)
      assert.deepEqual(violations.map(({ id, nodes }) => `${state}: ${id} ${nodes[0].html}`), [])
      assert.equal(await visitor.evaluate(() => document.documentElement.scrollWidth > window.innerWidth), false)
    }
    await visitor.getByRole('button', { name: 'Open chat' }).waitFor()
    await check('closed')
    await visitor.getByRole('button', { name: 'Open chat' }).click()
    await check('open')
    await say(visitor, 'How long does delivery take?')
    await visitor.getByText('two working days').waitFor()
    await check('answered')
    const { data } = await owner.api('GET', 'conversations')
    await owner.api('PATCH', `conversations/${data[0].id}`, { status: 'closed' })
    await visitor.getByText('How was this conversation?').waitFor()
    await visitor.getByRole('radio', { name: '5 of 5' }).click()
    await check('rated')
    await visitor.keyboard.press('Escape')
    await until('the focus on the launcher', () => visitor.evaluate(() => document.querySelector('.bot9-widget')?.shadowRoot.activeElement?.className === 'launch'))
    await visitor.context().close()
  }
})

step('the historic snippet works, and proves nothing', async () => {
  shop.show(
    `<script nonce="page">window.BOT9_DATA = {bot9Id: '${owner.chatbotId}', user: {userId: 'user-77', emailId: 'ada@example.com', name: 'Ada', customAttributes: {plan: 'pro'}}}</script>` +
      `<script src="${server.url}/widget.js" async></script>`,
  )
  const visitor = await browser.newPage()
  await visitor.goto(shop.url)
  await visitor.getByRole('button', { name: 'Open chat' }).click()
  await say(visitor, 'Hello from the snippet')
  const told = await until('userIdentified', () =>
    receiver.received.map(({ body }) => JSON.parse(body)).find(({ event, data }) => event === 'userIdentified' && data.user.claimedId === 'user-77'),
  )
  assert.deepEqual(told.data.user.customAttributes, { plan: 'pro' })
  assert.deepEqual([told.data.user.name, told.data.user.emailId, told.data.user.externalId], ['Ada', 'ada@example.com', undefined])
  await visitor.context().close()
})

step('a proven user has the same conversation in every browser, and logs out', async () => {
  shop.embed(owner.chatbotId)
  const { identitySecret } = await (await fetch(`${server.url}/api/${owner.chatbotId}/widget`, { headers: { Cookie: `${owner.cookie.name}=${owner.cookie.value}` } })).json()
  const hash = createHmac('sha256', identitySecret).update('user-77').digest('hex')
  const seen = []
  for (const text of ['From my desk', 'From my phone']) {
    const visitor = await browser.newPage()
    await visitor.goto(shop.url)
    await visitor.waitForFunction(() => window.Bot9?.identify)
    await visitor.evaluate(([hash]) => window.Bot9.identify({ externalId: 'user-77', name: 'Ada', hash }), [hash])
    await visitor.evaluate(() => window.Bot9.open())
    await say(visitor, text)
    await bubbles(visitor, text).waitFor()
    const arrived = await until('the message', () =>
      receiver.received.map(({ body }) => JSON.parse(body)).find(({ event, data }) => event === 'messageReceived' && data.message === text),
    )
    assert.equal(arrived.data.sender, 'user-77')
    seen.push(arrived.conversationId)
    if (seen.length === 2) {
      await bubbles(visitor, 'From my desk').waitFor()
      await visitor.evaluate(() => window.Bot9.logout())
      await visitor.evaluate(() => window.Bot9.open())
      await visitor.getByText('Hi! How can we help?').waitFor()
      assert.equal(await bubbles(visitor, 'From my desk').count(), 0)
    }
    await visitor.context().close()
  }
  assert.equal(seen[0], seen[1])
})
