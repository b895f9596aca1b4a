// The webhook tester of an account, on a server as `bot9 serve` starts it: no target allowed but its own receivers.
import assert from 'node:assert/strict'
import { after, before } from 'node:test'
import { startBrowser } from '../harness/browser.mjs'
import { signUp } from '../harness/seed.mjs'
import { startConversation, startServer } from '../harness/server.mjs'
import { steps } from '../harness/steps.mjs'

let server, browser, owner, page
const step = steps()
const story = {}

before(async () => {
  ;[server, browser] = await Promise.all([startServer('serve', ''), startBrowser()])
  owner = await signUp(server)
  page = await browser.newPage()
  await page.context().addCookies([owner.cookie])
})

after(async () => {
  await browser?.close()
  await server?.close()
})

const button = (name) => page.getByRole('button', { name, exact: true })
const received = () => page.getByRole('list', { name: 'Received' }).getByRole('button')
const tester = () => page.goto(`${server.url}/${owner.chatbotId}/tester`)

async function choose(label, option) {
  await page.getByRole('combobox', { name: label }).click()
  await page.getByRole('option', { name: option }).click()
}

step('a URL is made, and a webhook for it with all filled in', async () => {
  await tester()
  await button('Create a URL').click()
  await page.getByText(`${server.url}/receiver/`).waitFor()
  assert.equal((await owner.api('GET', 'receivers')).data.length, 1)
  await page.getByRole('link', { name: 'Add a webhook for it' }).click()
  assert.ok((await page.getByLabel('Webhook URL').inputValue()).startsWith(`${server.url}/receiver/`))
  await button('Save').click()
  await page.getByRole('heading', { name: 'Webhook saved' }).waitFor()
  await page.getByRole('link', { name: 'Watch it in the webhook tester' }).click()
  await page.getByText('Nothing has arrived yet').waitFor()
  story.webhook = (await owner.api('GET', 'webhooks')).data[0]
})

step('a test event arrives, and its signature is right', async () => {
  await button('Send test event').click()
  await button('Send').click()
  await page.getByText(/^204 · Delivered in/).waitFor()
  await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click()
  await received().filter({ hasText: 'Signature is right' }).filter({ hasText: 'ping' }).waitFor()
})

step('a chat arrives by itself', async () => {
  story.conversation = await startConversation(owner.api)
  await story.conversation.say('Does it arrive?')
  await received().filter({ hasText: 'messageReceived' }).click()
  await page.getByRole('region', { name: 'Body' }).getByText('"Does it arrive?"').waitFor()
  await page.getByText('Answered 204').waitFor()
})

step('told to fail, it gets the delivery again until it is told otherwise', async () => {
  await choose('Answers', '503 Service Unavailable')
  await story.conversation.say('Please fail')
  const messages = received().filter({ hasText: 'messageReceived' })
  await messages.nth(1).waitFor()
  await messages.first().click()
  await page.getByRole('region', { name: 'Body' }).getByText('"Please fail"').waitFor()
  await page.getByText('Answered 503').waitFor()
  await choose('Answers', '204 if the signature is valid')
  const [waiting] = (await owner.api('GET', 'deliveries?status=retrying')).data
  await owner.api('POST', `deliveries/${waiting.id}/retry`)
  await messages.nth(2).waitFor()
  await messages.first().click()
  await page.getByText('Answered 204').waitFor()
  await page.getByText(/^Attempt [2-9]$/).waitFor()
})

step('another secret is told from the right one, and a rotated one is known by itself', async () => {
  const { secret } = await owner.api('GET', `webhooks/${story.webhook.id}/secret`)
  await owner.api('POST', `webhooks/${story.webhook.id}/rotate-secret`, { overlapSeconds: 0 })
  await owner.api('POST', 'events', { event: 'custom.rotated', data: {} })
  await received().filter({ hasText: 'custom.rotated' }).filter({ hasText: 'Signature is right' }).waitFor()

  await button('More actions for this receiver').click()
  await page.getByRole('menuitem', { name: 'Set a secret' }).click()
  await page.getByLabel('Signing secret').fill('not a secret')
  await button('Save').click()
  await page.getByRole('dialog').getByText('This is no signing secret').waitFor()
  await page.getByLabel('Signing secret').fill(secret)
  await button('Save').click()
  await page.getByText('A secret of its own').waitFor()
  await owner.api('POST', 'events', { event: 'custom.stale', data: {} })
  await received().filter({ hasText: 'custom.stale' }).filter({ hasText: 'Signature is wrong' }).click()
  await page.getByText(/^No signature fits/).waitFor()
})

step('it is all there after a restart', async () => {
  await server.stop()
  await server.start()
  await page.reload()
  await received().filter({ hasText: 'custom.stale' }).waitFor()
})

step('another account sees nothing of it', async () => {
  const grace = await signUp(server, { email: 'grace@example.com', password: 'another good one', name: 'Grace Hopper' })
  const other = await browser.newPage()
  await other.context().addCookies([grace.cookie])
  await other.goto(`${server.url}/${grace.chatbotId}/tester?receiver=${(await owner.api('GET', 'receivers')).data[0].id}`)
  await other.getByText('A private URL for your webhooks').waitFor()
  assert.equal(await other.getByText('/receiver/').count(), 0)
})

step('deleted, it is gone', async () => {
  await button('More actions for this receiver').click()
  await page.getByRole('menuitem', { name: 'Delete this URL' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
  await page.getByText('A private URL for your webhooks').waitFor()
  assert.deepEqual((await owner.api('GET', 'receivers')).data, [])
})

step('an old secret is due, as the overview says', async () => {
  const later = await browser.newPage()
  await later.context().addCookies([owner.cookie])
  await later.clock.setFixedTime(Date.now() + 200 * 24 * 60 * 60 * 1000)
  await later.goto(`${server.url}/${owner.chatbotId}/overview`)
  await later.getByText('The secret of default is due for rotation').waitFor()
  await later.getByText(`The secret of ${story.webhook.url} is due for rotation`).waitFor()
  await page.goto(`${server.url}/${owner.chatbotId}/overview`)
  await page.getByText('Needs attention').waitFor()
  assert.equal(await page.getByText('due for rotation').count(), 0)
})

step('no page complained', () => assert.deepEqual(page.complaints, []))
