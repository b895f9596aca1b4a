// The docs: offline, in a browser with the reader's own chatbot filled in, and without any script.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startBrowser } from '../harness/browser.mjs'
import { signUp } from '../harness/seed.mjs'
import { startServer } from '../harness/server.mjs'

let server, browser, owner

before(async () => {
  ;[server, browser] = await Promise.all([startServer(), startBrowser()])
  owner = await signUp(server)
})

after(async () => {
  await browser?.close()
  await server?.close()
})

async function open(path, { loggedIn = true, ...options } = {}) {
  const page = await browser.newPage(options)
  page.outside = []
  page.on('request', (request) => {
    if (/^http/.test(request.url()) && !request.url().startsWith(server.url)) page.outside.push(request.url())
  })
  if (loggedIn) await page.context().addCookies([owner.cookie])
  await page.goto(server.url + path)
  return page
}

async function close(page) {
  assert.deepEqual(page.outside, [], 'asked for by the page')
  assert.deepEqual(page.complaints, [])
  await page.context().close()
}

test('from the cards to a guide and its sections, with the reader’s own chatbot', async () => {
  const page = await open('/docs')
  await page.getByRole('main').getByRole('link', { name: /^Authentication Programs call/ }).click()
  await page.getByRole('heading', { name: 'Authentication', level: 1 }).waitFor()
  await page.getByText(`curl -s "${server.url}/api/${owner.chatbotId}/webhooks"`).first().waitFor()
  await page.getByRole('link', { name: 'All operations', exact: true }).first().waitFor({ state: 'detached' })
  await page.getByRole('link', { name: 'Endpoints', exact: true }).last().click()
  await page.getByRole('heading', { name: 'All operations' }).waitFor()
  assert.equal(new URL(page.url()).pathname, '/docs/endpoints')
  assert.equal(new URL(page.url()).hash, '#all-operations')
  await close(page)
})

test('a block of code is copied as it is shown', async () => {
  const page = await open('/docs/testing-locally')
  const block = page.locator('figure.code', { hasText: '-d \'{"event":"messageReceived"}\'' }).first()
  await block.getByRole('button', { name: 'Copy' }).click()
  await block.getByText('Copied').waitFor()
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), await block.locator('code').textContent())
  await close(page)
})

test('a worked example keeps its own values', async () => {
  const page = await open('/docs/securing-webhooks')
  await page.getByText('"chatbotId":"bot_38g4k4jvm0001","webhookId"').waitFor()
  await close(page)
})

test('events: every type with when it fires, its fields and a sample', async () => {
  const { data: types } = await owner.api('GET', 'event-types')
  const page = await open('/docs/events')
  await page.getByRole('heading', { name: 'The envelope' }).waitFor()
  for (const type of types) {
    await page.locator(`h3#${type.name.toLowerCase()}`).waitFor()
    await page.getByText(type.when).first().waitFor()
    await page.locator('pre', { hasText: `"event": "${type.name}"` }).getByText(owner.chatbotId).first().waitFor()
  }
  await close(page)
})

test('a search leads to the section', async () => {
  const page = await open('/docs')
  await page.getByRole('searchbox', { name: 'Search the docs' }).fill('set aside poison')
  await page.getByRole('link', { name: /Order, and what breaks it/ }).click()
  await page.getByRole('heading', { name: 'Order, and what breaks it' }).waitFor()
  await page.getByRole('searchbox', { name: 'Search the docs' }).fill('no such words anywhere')
  await page.getByText('No page has all of these words').waitFor()
  await close(page)
})

test('who is not logged in reads all of it', async () => {
  const page = await open('/docs/events', { loggedIn: false })
  await page.getByText('"chatbotId": "bot_38g4k4jvm0001"').first().waitFor()
  await page.getByRole('link', { name: 'API reference' }).first().click()
  await page.getByText('List chatbots in short').first().waitFor()
  assert.equal(await page.locator('a[href^="/login"]').count(), 1)
  await close(page)
})

test('without JavaScript the pages are there too', async () => {
  const page = await open('/docs', { loggedIn: false, javaScriptEnabled: false })
  const plain = page.locator('#plain') // Playwright's texts and roles leave out what is for browsers without scripts
  assert.match(await plain.innerText(), /GET \/api\/\{chatbotId\}\/events\/stream/)
  await plain.locator('a', { hasText: 'Securing your webhooks' }).first().click()
  await page.waitForURL('**/docs/securing-webhooks')
  assert.match(await plain.innerText(), /A worked example\n[^]*v1,K3gD22xfXUaBsFteydYm3yxdDxY/)
  await close(page)
})

test('programs get Markdown, the index for language models, and AsyncAPI; their links lead somewhere', async () => {
  const text = async (path) => {
    const answer = await fetch(server.url + path)
    assert.equal(answer.status, 200, path)
    return { kind: answer.headers.get('content-type'), body: await answer.text() }
  }
  assert.match((await text('/docs/asyncapi.yaml')).body, /^asyncapi: 3/m)
  const index = await text('/llms.txt')
  assert.deepEqual(index, await text('/docs/llms.txt'))
  const links = [...index.body.matchAll(/\]\((\/[^)]+)\)/g)].map(([, path]) => path)
  assert.ok(links.length > 20, `${links.length} links`)
  for (const path of links) {
    const { kind, body } = await text(path)
    if (path.endsWith('.md')) {
      assert.equal(kind, 'text/markdown; charset=utf-8')
      assert.match(body, /^# /)
    }
  }
})
