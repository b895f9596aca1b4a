// The story of a webhook, from the sign-up to the replay, as an integrator lives it.
import assert from 'node:assert/strict'
import { after, before } from 'node:test'
import { startBrowser } from '../harness/browser.mjs'
import { signedWith, startReceiver } from '../harness/receiver.mjs'
import { apiOf, startConversation, startServer } from '../harness/server.mjs'
import { steps } from '../harness/steps.mjs'

let server, browser, receiver, page
const step = steps()
const story = {} // what one step leaves to the next: chatbotId, api, conversation, secret

before(async () => {
  ;[server, browser, receiver] = await Promise.all([startServer(), startBrowser(), startReceiver()])
  page = await browser.newPage()
})

after(async () => {
  await browser?.close()
  await Promise.all([server?.close(), receiver?.close()])
})

const button = (name) => page.getByRole('button', { name, exact: true })
const link = (name) => page.getByRole('link', { name, exact: true })
const deliveries = () => page.getByRole('list', { name: 'Deliveries' })
const copied = () => page.evaluate(() => navigator.clipboard.readText())
const delivered = (n) =>
  page.waitForFunction((n) => document.querySelectorAll('[data-delivery=succeeded]').length === n, n)

step('sign up, make a chatbot, take its key', async () => {
  await page.goto(server.url)
  await link('Sign up').click()
  await page.getByLabel('Your name').fill('Ada Lovelace')
  await page.getByLabel('Email').fill('ada@example.com')
  await page.locator('input[type=password]').fill('correct horse battery')
  await button('Sign up').click()

  await page.getByText('Name your first chatbot').waitFor()
  await page.getByLabel('Name').fill('Support')
  await button('Create chatbot').click()
  await page.getByText('Support is ready').waitFor()
  await button('Copy Chatbot ID').click()
  story.chatbotId = await copied()
  assert.match(story.chatbotId, /^bot_/)
  await button('Copy Secret key').click()
  const key = await copied()
  assert.match(key, /^bot9_sk_/)
  story.api = apiOf(server, story.chatbotId, key)
})

step('add a webhook: Save shows the secret, and how to verify it', async () => {
  await link('Add a webhook').click()
  await page.getByLabel('Webhook URL').fill(receiver.url)
  await page.getByRole('checkbox', { name: 'messageReceived' }).check()
  await page.getByRole('checkbox', { name: 'messageSent' }).check()
  await page.getByRole('region', { name: 'Sample' }).getByText('"senderType"').waitFor()
  await button('Save').click()

  await page.getByRole('heading', { name: 'Webhook saved' }).waitFor()
  await button('Copy Signing secret').click()
  story.secret = await copied()
  assert.match(story.secret, /^whsec_/)
  for (const language of ['Go', 'TypeScript', 'Python', 'PHP', 'Ruby', 'curl']) {
    await page.getByRole('tab', { name: language, exact: true }).click()
    await page.getByRole('tabpanel', { name: language, exact: true }).getByText(story.secret).waitFor()
  }
  await link('Open webhook').click()
  await page.getByText('No deliveries yet').waitFor()
})

step('send a test event', async () => {
  await button('Send test event').click()
  await button('Send').click()
  await page.getByText(/^200 · Delivered in/).waitFor()
  const [ping] = receiver.received
  assert.equal(ping.headers['bot9-event'], 'ping')
  assert.ok(signedWith(story.secret, ping))
  await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click()
})

step('a chat’s deliveries appear without a reload', async () => {
  await page.locator('[data-live=live]').waitFor({ state: 'attached' })
  await page.evaluate(() => {
    window.notReloaded = true
  })
  await story.api('PATCH', 'answering', { handover: { afterNotFound: 0 } }) // what is said has no answer, and the bot goes on saying so
  story.conversation = await startConversation(story.api)
  await story.conversation.say('How long does delivery take?')
  await deliveries().getByText('messageReceived').waitFor()
  await deliveries().getByText('messageSent').waitFor()
  await delivered(2)
  assert.ok(await page.evaluate(() => window.notReloaded))
})

step('open its attempts: request and answer are there', async () => {
  await deliveries().getByText('messageReceived').click()
  await page.getByRole('heading', { name: 'messageReceived' }).waitFor()
  await page.getByRole('heading', { name: 'Response · 200' }).waitFor()
  await page.getByText('webhook-signature').waitFor()
  await page.getByRole('region', { name: 'Body', exact: true }).getByText('"How long does delivery take?"').waitFor()
  await button('Copy as curl').click()
  const curl = await copied()
  const sent = receiver.received.find((delivery) => delivery.headers['bot9-event'] === 'messageReceived')
  assert.ok(curl.startsWith(`curl -X POST '${receiver.url}'`), curl)
  assert.ok(curl.endsWith(`--data-raw '${sent.body}'`), curl)
  assert.ok(curl.includes(sent.headers['webhook-signature']), curl)
})

step('the receiver fails: the page says why, in words', async () => {
  await link('Webhook').click()
  receiver.answerWith(401, 'signature does not match')
  await story.conversation.say('Are you there?')
  await page.getByText(/^The last( \d+)? attempts? failed/).waitFor()
  await page.getByText('If it checks the signature, give it the current secret').waitFor()
  const backlog = page.locator('section', { has: page.getByRole('heading', { name: 'Backlog over time' }) })
  await backlog.getByText('Waiting', { exact: true }).waitFor()
  const failed = page.locator('[data-delivery=retrying]').first()
  await failed.getByText('The endpoint answered 401 Unauthorized').waitFor()
  await failed.click()
  await page.getByText('401 Unauthorized', { exact: true }).waitFor()
  await page.getByText('signature does not match').waitFor()
  await page.getByText('Next attempt').waitFor()
})

step('repaired, a retry delivers it', async () => {
  receiver.answerWith(204)
  const delivery = page.url()
  await button('Retry now').click()
  await page.getByRole('heading', { name: 'Response · 204' }).waitFor()
  await page.getByRole('button', { name: /^Attempt 1/ }).click()
  await page.getByText('signature does not match').waitFor()
  assert.equal(page.url(), delivery)
})

step('rotate the secret: for a time both sign', async () => {
  await link('Webhook').click()
  await delivered(4)
  await button('More actions').click()
  await page.getByRole('menuitem', { name: 'Rotate secret' }).click()
  await button('Rotate secret').click()
  await page.getByText('The new secret is in use').waitFor()
  await button('Copy Signing secret').click()
  const fresh = await copied()
  assert.notEqual(fresh, story.secret)
  await button('Done').click()
  await page.getByRole('tab', { name: 'Settings' }).click()
  await button('Reveal').click()
  await page.getByRole('tabpanel', { name: 'Go', exact: true }).getByText(fresh).waitFor()
  await page.getByRole('tab', { name: 'Deliveries' }).click()

  const before = receiver.received.length
  await story.conversation.say('One more thing')
  await delivered(6)
  const delivery = receiver.received[before]
  assert.ok(signedWith(fresh, delivery), 'signed with the new secret')
  assert.ok(signedWith(story.secret, delivery), 'signed with the old secret too')
})

step('pause, miss something, resume: a replay of it is offered', async () => {
  await button('Pause').click()
  await page.getByText(/^Paused: paused by/).waitFor()
  await story.conversation.say('Nobody hears this')
  const before = receiver.received.length
  await button('Resume').first().click()
  const dialog = page.getByRole('dialog')
  await dialog.getByText('2 events missed while it was paused').waitFor()
  await dialog.getByText('2 events will be sent again').waitFor()
  await dialog.getByRole('button', { name: 'Start replay' }).click()
  await page.getByText('2 of 2').waitFor()
  await page.getByText('Completed').waitFor()
  assert.equal(receiver.received.length, before + 2)
  assert.ok(receiver.received[before].body.includes('Nobody hears this'))
})

step('replay everything of the last day, with a count first', async () => {
  await button('More actions').click()
  await page.getByRole('menuitem', { name: 'Replay' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByText('Nothing to send again in this time').waitFor()
  await dialog.getByText('Everything that matches, delivered or not').click()
  await dialog.getByText('8 events will be sent again').waitFor()
  await dialog.getByRole('combobox', { name: 'Events' }).click()
  await page.getByRole('option', { name: 'messageReceived', exact: true }).click()
  await dialog.getByText('4 events will be sent again').waitFor()
  await dialog.getByRole('combobox', { name: 'When' }).click()
  await page.getByRole('option', { name: 'A time that I choose' }).click()
  await dialog.getByLabel('Until').fill('2020-01-02T00:00')
  await dialog.getByLabel('From').fill('2020-01-01T00:00')
  await dialog.getByText('Nothing to send again in this time').waitFor()
  await dialog.getByRole('combobox', { name: 'When' }).click()
  await page.getByRole('option', { name: 'The last 24 hours' }).click()
  await dialog.getByRole('combobox', { name: 'Events' }).press('Backspace')
  await page.keyboard.press('Tab')
  await dialog.getByText('8 events will be sent again').waitFor()
  const before = receiver.received.length
  await dialog.getByRole('button', { name: 'Start replay' }).click()
  await page.getByText('8 of 8').waitFor()
  assert.equal(receiver.received.length, before + 8)
})

step('no page complained', () => assert.deepEqual(page.complaints, []))
