// What an owner does from day to day: talk to people, teach the bot, give out keys, let others in.
import assert from 'node:assert/strict'
import { after, before } from 'node:test'
import { startBrowser } from '../harness/browser.mjs'
import { startReceiver } from '../harness/receiver.mjs'
import { signUp } from '../harness/seed.mjs'
import { startConversation, startServer } from '../harness/server.mjs'
import { steps } from '../harness/steps.mjs'

let server, browser, receiver, owner, page
const step = steps()
const story = {}

before(async () => {
  ;[server, browser, receiver] = await Promise.all([startServer(), startBrowser(), startReceiver()])
  owner = await signUp(server)
  await owner.api('POST', 'webhooks', { url: receiver.url, events: ['messageReceived', 'handoverRequested'] })
  page = await browser.newPage()
  await page.context().addCookies([owner.cookie])
})

after(async () => {
  await browser?.close()
  await Promise.all([server?.close(), receiver?.close()])
})

const goTo = (path) => page.goto(`${server.url}/${owner.chatbotId}/${path}`)
const button = (name) => page.getByRole('button', { name, exact: true })
const dialog = () => page.getByRole('dialog')
const conversations = () => page.getByRole('list', { name: 'Conversations' }).getByRole('link')
const transcript = () => page.getByRole('log')

async function pick(label, option) {
  await page.getByRole('combobox', { name: label }).click()
  await page.getByRole('option', { name: option, exact: true }).click()
}

step('the inbox is narrowed by channel and by words, and cleared again', async () => {
  story.ada = await startConversation(owner.api, { externalId: 'user-1', name: 'Ada' })
  story.grace = await startConversation(owner.api, { externalId: 'user-2', name: 'Grace' }, 'whatsapp')
  await story.ada.say('Where is my parcel?')
  await story.grace.say('I want to speak to a human')
  await goTo('inbox')
  await conversations().nth(1).waitFor()
  await pick('Channel', 'whatsapp')
  await page.waitForURL(/source=whatsapp/)
  await conversations().filter({ hasText: 'Ada' }).waitFor({ state: 'detached' })
  await pick('Channel', 'website-widget') // all channels can still be chosen
  await conversations().filter({ hasText: 'Ada' }).waitFor()
  const search = page.getByRole('textbox', { name: 'Search messages and people' })
  await search.fill('no such words')
  await page.getByText('No conversation matches').waitFor()
  await button('Clear filters').click()
  await conversations().nth(1).waitFor()
  assert.equal(await search.inputValue(), '')
  await search.fill('parcel')
  await page.waitForURL(/q=parcel/)
  await conversations().filter({ hasText: 'Grace' }).waitFor({ state: 'detached' })
  await conversations().filter({ hasText: 'Ada' }).waitFor()
})

step('the arrow keys go through the list', async () => {
  await goTo('inbox')
  await conversations().nth(1).waitFor()
  await conversations().first().focus()
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  const [, second] = (await owner.api('GET', 'conversations')).data
  await page.waitForURL((url) => url.searchParams.get('conversation') === second.id)
})

step('a message leads to the events and deliveries that it caused', async () => {
  await goTo(`inbox?conversation=${story.grace.id}`)
  await transcript().getByRole('button', { name: 'Events and deliveries of this user message' }).click()
  for (const event of ['messageReceived', 'conversationStatusChanged', 'handoverRequested']) {
    await transcript().getByRole('link', { name: event }).waitFor()
  }
  assert.equal(await transcript().getByRole('link', { name: 'messageSent' }).count(), 0)
  await transcript().getByRole('link', { name: 'Delivered' }).last().click()
  await page.getByRole('heading', { name: 'handoverRequested' }).waitFor()
  await page.goBack()
})

step('an agent takes over, replies, and gives back', async () => {
  await goTo(`inbox?conversation=${story.ada.id}`)
  await button('Take over').click()
  await transcript().getByText('Ada Lovelace took over').waitFor()
  const reply = page.getByRole('textbox', { name: 'Reply as the agent' })
  await page.context().setOffline(true)
  await reply.fill('It is on its way.')
  await button('Send').click()
  await page.getByText('The server can’t be reached').waitFor()
  assert.equal(await reply.inputValue(), 'It is on its way.', 'one has it back')
  await page.context().setOffline(false)
  await button('Send').click()
  await transcript().getByText('It is on its way.').waitFor()
  await transcript().getByText('Agent', { exact: true }).waitFor()
  await transcript().getByText('Sending…').waitFor({ state: 'detached' })
  const messages = async () => (await owner.api('GET', `conversations/${story.ada.id}/messages`)).data
  await page.waitForFunction(() => document.querySelector('textarea')?.value === '')
  const last = (await messages()).at(-1)
  assert.deepEqual([last.chatUser, last.message], ['humanagent', 'It is on its way.'])
  await button('Give to bot').click()
  await page.getByText('The bot answers here').waitFor()
  await button('Close').click()
  await page.getByText('This conversation is closed').waitFor()
  assert.equal((await owner.api('GET', `conversations/${story.ada.id}`)).status, 'closed')
})

step('the inbox shows conversations by who answers in them', async () => {
  await goTo('inbox')
  await conversations().nth(1).waitFor()
  const shows = async (status, name) => {
    await pick('Status', status)
    await conversations().filter({ hasText: name }).waitFor()
    assert.equal(await conversations().count(), 1)
  }
  await shows('Closed', 'Ada')
  await shows('Human', 'Grace')
  await page.waitForURL(/status=needs_review/)
})

step('a document is added, and a question shows why it matches', async () => {
  await goTo('knowledge')
  await button('Add document').click()
  await dialog().getByLabel('Title').fill('Returns')
  await dialog().getByLabel('Text').fill('# Can I send something back?\nYes, within 30 days.')
  await dialog().getByRole('button', { name: 'Save', exact: true }).click()
  await page.getByRole('list', { name: 'Documents' }).getByText('Can I send something back?').waitFor()
  await page.getByRole('textbox', { name: 'Try a question' }).fill('May I send it back?')
  await button('Ask').click()
  await page.getByText('The bot answers from this').waitFor()
  await page.getByText('Matched words: send').waitFor()
  await page.locator('mark', { hasText: 'send' }).waitFor()
  assert.equal(new URL(page.url()).searchParams.get('q'), 'May I send it back?')
  await page.getByRole('list', { name: 'Documents' }).getByRole('link').click()
  await dialog().getByLabel('Text').fill('Yes, within 60 days.')
  await dialog().getByRole('button', { name: 'Save', exact: true }).click()
  await page.getByText('Yes, within 60 days.').waitFor()
})

step('from the knowledge one goes on to how the bot answers', async () => {
  await goTo('knowledge')
  await page.getByRole('slider').waitFor()
  await page.getByRole('link', { name: 'Answering' }).click()
  await page.getByRole('radio', { name: 'Built-in' }).waitFor()
  assert.ok(await page.getByRole('radio', { name: 'Built-in' }).isChecked())
  await page.goBack()
  await page.getByRole('slider').waitFor()
})

step('a key is made, rotated with an overlap that counts down, and revoked', async () => {
  const works = async (secret) =>
    (await fetch(`${server.url}/api/auth/account`, { headers: { Authorization: `Bearer ${secret}` } })).ok
  await goTo('settings/keys')
  await button('Create key').click()
  await dialog().getByLabel('Name').fill('production')
  await dialog().getByRole('button', { name: 'Create key' }).click()
  const old = await dialog().getByText(/^bot9_sk_/).textContent()
  await button('I stored it').click()
  await page.getByText('Never used').waitFor()
  assert.ok(await works(old))
  await button('Actions for production').click()
  await page.getByRole('menuitem', { name: 'Rotate' }).click()
  await dialog().getByRole('button', { name: 'Rotate' }).click()
  const fresh = await dialog().getByText(/^bot9_sk_/).textContent()
  await button('I stored it').click()
  await page.getByText(/^Old secret valid for 23:59:\d\d/).waitFor()
  assert.deepEqual([await works(old), await works(fresh)], [true, true])
  await button('Actions for production').click()
  await page.getByRole('menuitem', { name: 'Revoke' }).click()
  await dialog().getByRole('button', { name: 'Revoke' }).click()
  await button('Actions for production').waitFor({ state: 'detached' })
  assert.deepEqual([await works(old), await works(fresh)], [false, false])
})

step('a filter is tried on recent events while it is written, and on those that come', async () => {
  await goTo('webhooks/new')
  await page.getByRole('checkbox', { name: 'messageReceived' }).check()
  await page.getByLabel('Filter').fill('data.message.contains("parcel")')
  await page.getByText('1 of 2 recent events would be sent').waitFor()
  await story.grace.say('Another parcel')
  await page.getByText('2 of 3 recent events would be sent').waitFor()
  await page.getByLabel('Filter').fill('data.message.contains(')
  await page.getByText('This is not a valid expression yet').waitFor()
})

step('a member is invited, given another role, and removed', async () => {
  await page.goto(`${server.url}/members`)
  await button('Invite member').click()
  await dialog().getByLabel('Email').fill('grace@example.com')
  await button('Make invitation').click()
  const link = await dialog().getByText(/\/signup\?/).textContent()
  await button('Done').click()
  await pick('Role of grace@example.com', 'Viewer')

  const other = await browser.newPage()
  await other.goto(link)
  await other.getByLabel('Your name').fill('Grace Hopper')
  await other.locator('input[type=password]').fill('correct horse battery')
  await other.getByRole('button', { name: 'Sign up' }).click()
  await other.getByRole('heading', { name: 'Overview' }).waitFor()
  await other.goto(`${server.url}/${owner.chatbotId}/settings/keys`)
  await other.getByText('Only owners and admins see secret keys').waitFor()
  assert.equal(await other.getByRole('link', { name: 'Add webhook' }).count(), 0)
  await other.context().close()

  await page.reload()
  await button('Remove Grace Hopper?').click()
  await button('Remove member').click()
  await page.getByText('grace@example.com').waitFor({ state: 'detached' })
})

step('the command palette goes to pages, and to whatever an ID names', async () => {
  await goTo('overview')
  await page.getByText('Needs attention').waitFor()
  await page.keyboard.press('Control+k')
  await page.getByPlaceholder('Where to?').fill('knowl')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Knowledge' }).waitFor()
  const [event] = (await owner.api('GET', 'events?event=handoverRequested')).data
  await page.keyboard.press('Control+k')
  await page.getByPlaceholder('Where to?').fill(event.id)
  await page.keyboard.press('Enter')
  await page.waitForURL(new RegExp(`/events/${event.id}$`))
})

step('a long list draws only what is near, and goes on while one scrolls', async () => {
  const event = (_, i) => ({ event: 'custom.row', data: { name: i === 0 ? 'The very first' : `Row ${i}` } })
  await owner.api('POST', 'events', Array.from({ length: 400 }, event))
  await goTo('events?event=custom.row')
  await page.getByText('Row 399').waitFor()
  await page.waitForFunction(() => {
    window.scrollTo(0, document.documentElement.scrollHeight)
    return document.body.textContent.includes('The very first')
  })
  const drawn = await page.locator('[data-event]').count()
  assert.ok(drawn < 120, `${drawn} rows are drawn`)
})

step('a webhook is edited, and deleted', async () => {
  const [webhook] = (await owner.api('GET', 'webhooks')).data
  await goTo(`webhooks/${webhook.id}`)
  await button('More actions').click()
  await page.getByRole('menuitem', { name: 'Edit' }).click()
  await page.getByLabel('Description').fill('Order desk')
  await button('Save').click()
  await page.getByText('Order desk').waitFor()
  assert.equal((await owner.api('GET', `webhooks/${webhook.id}`)).description, 'Order desk')
  await goTo(`webhooks/${webhook.id}`)
  await button('More actions').click()
  await page.getByRole('menuitem', { name: 'Delete webhook' }).click()
  await dialog().getByRole('button', { name: 'Delete' }).click()
  await page.waitForURL(/\/webhooks$/)
  assert.deepEqual((await owner.api('GET', 'webhooks')).data, [])
})

step('a chatbot is renamed, and deleted once its name is typed', async () => {
  await owner.addChatbot('Sales')
  await page.reload()
  await button('Support Switch chatbot').click()
  await page.getByRole('menuitem', { name: 'Rename Support' }).click()
  await dialog().getByLabel('Name').fill('Help desk')
  await button('Save').click()
  await button('Help desk Switch chatbot').click()
  await page.getByRole('menuitem', { name: 'Delete Help desk' }).click()
  const remove = dialog().getByRole('button', { name: 'Delete' })
  assert.ok(await remove.isDisabled())
  await dialog().getByLabel('Type Help desk to confirm').fill('Help desk')
  await remove.click()
  await button('Sales Switch chatbot').waitFor()
  await page.getByRole('heading', { name: 'Overview' }).waitFor()
  await goTo('overview')
  await page.getByText('There is nothing here').waitFor()
})

step('no page complained', () => assert.deepEqual(page.complaints, []))
