// A newcomer's first minutes: the demo of `bot9 quickstart`, and its webhook tester.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startBrowser } from '../harness/browser.mjs'
import { apiOf, startServer } from '../harness/server.mjs'

let server, browser, page, demo

before(async () => {
  ;[server, browser] = await Promise.all([startServer('quickstart'), startBrowser()])
  page = await browser.newPage()
  demo = JSON.parse(await server.read('quickstart.json'))
})

after(async () => {
  await browser?.close()
  await server?.close()
})

test('the webhook tester shows what arrives, and that its signature is right', async () => {
  await page.goto(server.url)
  await page.getByLabel('Email').fill(demo.email)
  await page.locator('input[type=password]').fill(demo.password)
  await page.getByRole('button', { name: 'Log in' }).click()
  await page.getByRole('link', { name: 'Webhook tester' }).click()
  await page.getByText('Received').first().waitFor()
  const api = apiOf(server, demo.chatbotId, demo.secretKey)
  await api('POST', `conversations/${demo.conversationId}/chat`, { message: 'What happens when my endpoint is down?' })
  const request = page.getByRole('button', { name: /Signature is right.*messageReceived/ })
  await request.click()
  await page.getByRole('region', { name: 'Body' }).getByText('What happens when my endpoint is down?').waitFor()
})

test('an agent takes over in the inbox, and the message leads to its deliveries', async () => {
  await page.getByRole('link', { name: 'Inbox', exact: true }).click()
  await page.getByRole('link', { name: /^Ada/ }).click()
  await page.getByRole('button', { name: 'Assign to agent' }).click()
  await page.getByRole('textbox', { name: 'Reply as the agent' }).fill('Nothing is lost: it is sent again.')
  await page.getByRole('button', { name: 'Send', exact: true }).click()
  const reply = page.locator('[data-who=humanagent]')
  await reply.getByText('Nothing is lost').waitFor()
  await reply.getByRole('button', { name: 'Events and deliveries of this agent message' }).click()
  await reply.getByRole('link', { name: 'messageSent' }).waitFor()
  await reply.getByRole('link', { name: 'Delivered' }).click()
  await page.getByRole('heading', { name: 'messageSent' }).waitFor()
})

test('knowledge: a document is added, and found by a question', async () => {
  await page.getByRole('link', { name: 'Knowledge', exact: true }).click()
  await page.getByRole('button', { name: 'Add document' }).click()
  await page.getByRole('textbox', { name: 'Title' }).fill('Parking')
  await page.getByRole('textbox', { name: 'Text' }).fill('# Where can I park?\nBehind the house, for two hours.')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByRole('list', { name: 'Documents' }).getByText('Parking').waitFor()
  await page.getByRole('textbox', { name: 'Try a question' }).fill('Where do I park?')
  await page.getByRole('button', { name: 'Ask' }).click()
  await page.getByText('The bot answers from this').waitFor()
  await page.getByText('Parking › Where can I park?').waitFor()
  assert.ok(page.url().includes('q=Where'), page.url())
})

test('the palette leads anywhere by keyboard', async () => {
  await page.keyboard.press('Control+k')
  await page.getByPlaceholder('Where to?').fill('memb')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Members' }).waitFor()
  const [event] = (await apiOf(server, demo.chatbotId, demo.secretKey)('GET', 'events?event=messageReceived')).data
  await page.getByPlaceholder('Where to?').waitFor({ state: 'hidden' })
  await page.keyboard.press('Control+k')
  await page.getByPlaceholder('Where to?').fill(event.id)
  await page.getByText(`Open ${event.id}`).waitFor()
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'messageReceived' }).waitFor()
  assert.ok(page.url().endsWith(`/events/${event.id}`), page.url())
})

test('a page without a chatbot leads to every page of the last one', async () => {
  for (const [link, title] of [['Events', 'Events'], ['API Keys', 'API Keys'], ['Webhook tester', 'Webhook tester']]) {
    await page.goto(`${server.url}/members`)
    await page.getByRole('link', { name: link, exact: true }).click()
    await page.getByRole('heading', { name: title, level: 1 }).waitFor()
  }
})
