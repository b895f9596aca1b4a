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

test('a page without a chatbot leads to every page of the last one', async () => {
  for (const [link, title] of [['Events', 'Events'], ['API Keys', 'API Keys'], ['Webhook tester', 'Webhook tester']]) {
    await page.goto(`${server.url}/members`)
    await page.getByRole('link', { name: link, exact: true }).click()
    await page.getByRole('heading', { name: title, level: 1 }).waitFor()
  }
})
