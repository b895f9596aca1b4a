// Two people answer in one inbox: the queue, replies, private notes, drafts, canned replies, keys, and each other.
import assert from 'node:assert/strict'
import { after, before } from 'node:test'
import { startBrowser } from '../harness/browser.mjs'
import { startReceiver } from '../harness/receiver.mjs'
import { signUp } from '../harness/seed.mjs'
import { startConversation, startServer } from '../harness/server.mjs'
import { steps, until } from '../harness/steps.mjs'

let server, browser, receiver, notes, owner, ada, grace
const step = steps()
const story = {}
const password = 'correct horse battery'

before(async () => {
  ;[server, browser, receiver, notes] = await Promise.all([startServer(), startBrowser(), startReceiver(), startReceiver()])
  owner = await signUp(server)
  await owner.api('POST', 'webhooks', { url: receiver.url, events: ['*'] })
  await owner.api('POST', 'webhooks', { url: notes.url, events: ['noteAdded'] })
  ada = await browser.newPage()
  await ada.context().addCookies([owner.cookie])
  grace = await browser.newPage()
  const { body } = await owner.invite('grace@example.com', 'developer')
  await grace.goto(`${server.url}/signup?invite=${body.inviteToken}&email=grace@example.com`)
  await grace.getByLabel('Your name').fill('Grace Hopper')
  await grace.locator('input[type=password]').fill(password)
  await grace.getByRole('button', { name: 'Sign up' }).click()
  await grace.getByRole('heading', { name: 'Overview' }).waitFor()
  story.first = await startConversation(owner.api, { externalId: 'u1', name: 'Edsger' })
  story.second = await startConversation(owner.api, { externalId: 'u2', name: 'Barbara' })
})

after(async () => {
  await browser?.close()
  await Promise.all([server?.close(), receiver?.close(), notes?.close()])
})

const inbox = (search = '') => `${server.url}/${owner.chatbotId}/inbox${search}`
const button = (page, name) => page.getByRole('button', { name, exact: true })
const list = (page) => page.getByRole('list', { name: 'Conversations' }).getByRole('link')
const transcript = (page) => page.getByRole('log')
const reply = (page) => page.getByRole('textbox', { name: 'Reply as the agent' })
const queue = (page, name) => page.getByRole('radiogroup', { name: 'Queue' }).getByText(name)
const said = async ({ id }) => (await owner.api('GET', `conversations/${id}/messages`)).data

step('who asks for a human waits: in the queue, the sidebar and the tab', async () => {
  await ada.goto(inbox())
  await list(ada).nth(1).waitFor()
  assert.equal(await ada.title(), 'Inbox · Bot9')
  await story.first.say('I want to speak to a human')
  await ada.waitForFunction(() => document.title === '(1) Inbox · Bot9')
  await ada.getByRole('link', { name: 'Inbox (1 waiting)' }).waitFor()
  await queue(ada, 'Waiting').click()
  const row = list(ada).filter({ hasText: 'Edsger' })
  await row.getByText('Waiting', { exact: true }).waitFor()
  await row.getByRole('img', { name: 'Unread' }).waitFor()
  assert.equal(await list(ada).count(), 1)
})

step('the question about notices is asked once', async () => {
  await button(ada, 'No, thanks').click()
  await ada.reload()
  await list(ada).first().waitFor()
  assert.equal(await ada.getByText('Hear when somebody waits?').count(), 0)
})

step('an agent takes over by key and answers, and nobody waits any more', async () => {
  await list(ada).first().click()
  await transcript(ada).getByText('I want to speak to a human').waitFor()
  await transcript(ada).getByRole('heading', { name: 'Today' }).waitFor()
  await transcript(ada).getByText(/^A human was asked for/).waitFor()
  await ada.keyboard.press('a')
  await transcript(ada).getByText('Ada Lovelace took over').waitFor()
  await ada.waitForFunction(() => document.title === 'Inbox · Bot9')
  await ada.keyboard.press('r')
  await ada.keyboard.type('Hello, what can I do for you?')
  await ada.keyboard.press('Enter')
  await transcript(ada).getByText('Hello, what can I do for you?').waitFor()
  await queue(ada, 'Mine').click()
  await list(ada).filter({ hasText: 'Edsger' }).getByText('Ada Lovelace').waitFor()
  assert.equal((await said(story.first)).at(-1).message, 'Hello, what can I do for you?')
})

step('a private note is for the team, and for the webhook that asks for it', async () => {
  await ada.keyboard.press('Escape')
  await ada.keyboard.press('n')
  await ada.keyboard.type('He is a friend of the house')
  await button(ada, 'Add note').click()
  await transcript(ada).getByText('He is a friend of the house').waitFor()
  await until('the note', () => notes.received.length > 0)
  assert.equal(notes.received.length, 1)
  assert.match(notes.received[0].body, /"event":"noteAdded".*He is a friend of the house/)
  await story.first.say('Are you still there?')
  await transcript(ada).getByText('Are you still there?').waitFor()
  const told = () => receiver.received.map(({ body }) => body)
  await until('the message', () => told().some((body) => body.includes('Are you still there?')))
  assert.ok(told().length > 3 && !told().some((body) => body.includes('friend of the house')), 'a webhook for * gets notes')
  const sequences = told().map((body) => JSON.parse(body)).filter(({ conversationId }) => conversationId === story.first.id).map(({ sequence }) => sequence)
  assert.deepEqual(sequences, sequences.map((_, i) => i + 1), 'notes leave a gap')
  assert.ok(!JSON.stringify(await said(story.first)).includes('friend of the house'), 'a note is among the messages')
})

step('a draft survives a reload', async () => {
  await button(ada, 'Reply').or(ada.getByRole('radiogroup', { name: 'Reply' }).getByText('Reply', { exact: true })).first().click()
  await reply(ada).fill('This is half a sen')
  await ada.reload()
  await reply(ada).waitFor()
  assert.equal(await reply(ada).inputValue(), 'This is half a sen')
  await reply(ada).fill('')
})

step('canned replies are found with a slash', async () => {
  await ada.goto(`${inbox()}/settings`)
  await button(ada, 'Add a canned reply').click()
  const dialog = ada.getByRole('dialog')
  await dialog.getByLabel('Name').fill('two words')
  await dialog.getByLabel('Text').fill('Your refund is on its way.')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await dialog.getByText(/one word/).waitFor()
  await dialog.getByLabel('Name').fill('refund')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await ada.getByText('/refund').waitFor()
  await ada.goto(inbox(`?conversation=${story.first.id}`))
  await reply(ada).fill('Good news: /ref')
  await ada.getByRole('option', { name: 'refund' }).waitFor()
  await reply(ada).press('Enter')
  assert.equal(await reply(ada).inputValue(), 'Good news: Your refund is on its way.')
})

step('two agents in one conversation see each other, and that one types', async () => {
  await grace.goto(inbox(`?conversation=${story.first.id}`))
  await grace.getByText('Ada Lovelace has this open too').waitFor()
  await ada.getByText('Grace Hopper has this open too').waitFor()
  await reply(ada).press('End')
  await ada.keyboard.type(' Bye')
  await grace.getByText('Ada Lovelace is writing a reply').waitFor()
  await ada.keyboard.press('Enter')
  await transcript(grace).getByText('Good news: Your refund is on its way. Bye').waitFor()
  await grace.getByText('Ada Lovelace has this open too').waitFor()
})

step('of two agents who act at the same time, the second is told', async () => {
  await grace.context().setOffline(true) // Grace looks at what was true a moment ago
  await ada.keyboard.press('Escape')
  await ada.keyboard.press('e')
  await transcript(ada).getByText('Closed by Ada Lovelace').waitFor()
  await grace.route('**/events/stream*', (route) => route.abort())
  await grace.context().setOffline(false)
  await button(grace, 'Give to bot').click()
  await grace.getByText('Somebody else was quicker').waitFor()
  assert.equal((await owner.api('GET', `conversations/${story.first.id}`)).status, 'closed')
  await grace.unroute('**/events/stream*')
  await grace.reload()
  await button(grace, 'Reopen').click()
  await transcript(grace).getByText('Reopened by Grace Hopper').waitFor()
})

step('a conversation is assigned to a colleague, who finds it among their own, unread', async () => {
  await story.second.say('I want to speak to a human')
  await ada.goto(inbox(`?conversation=${story.second.id}`))
  await button(ada, 'Assign').click()
  await ada.getByRole('menuitem', { name: 'Grace Hopper' }).click()
  await ada.getByText('Waiting for Grace Hopper').first().waitFor()
  await grace.goto(inbox('?queue=mine'))
  const row = list(grace).filter({ hasText: 'Barbara' })
  await row.getByRole('img', { name: 'Unread' }).waitFor()
  await row.click()
  await row.getByRole('img', { name: 'Unread' }).waitFor({ state: 'detached' })
  await grace.keyboard.press('u')
  await row.getByRole('img', { name: 'Unread' }).waitFor()
})

step('the keys go through the list, and are all listed', async () => {
  await ada.goto(inbox())
  await list(ada).nth(1).waitFor()
  const ids = (await owner.api('GET', 'conversations')).data.map(({ id }) => id)
  const opened = (id) => ada.waitForURL((url) => url.searchParams.get('conversation') === id)
  await ada.keyboard.press('j')
  await opened(ids[0])
  await ada.keyboard.press('j')
  await opened(ids[1])
  await ada.keyboard.press('k')
  await opened(ids[0])
  await ada.keyboard.press('?')
  const dialog = ada.getByRole('dialog', { name: 'Keys' })
  for (const key of ['j', 'k', 'r', 'a', 'e', '?']) await dialog.getByText(key, { exact: true }).waitFor()
  await ada.keyboard.press('Escape')
  await dialog.waitFor({ state: 'detached' })
})

step('a session that ends asks for the login at once, and keeps the reply that was typed', async () => {
  await grace.goto(inbox(`?conversation=${story.second.id}`))
  await reply(grace).fill('Written before the end')
  const [{ name, value }] = (await grace.context().cookies()).filter((cookie) => cookie.name.includes('session'))
  await fetch(`${server.url}/api/auth/logout`, { method: 'POST', headers: { Cookie: `${name}=${value}` } })
  const again = grace.getByRole('dialog').filter({ hasText: 'Your session has ended' })
  await again.locator('input[type=password]').fill(password)
  await again.getByRole('button', { name: 'Log in' }).click()
  await again.waitFor({ state: 'detached' })
  assert.equal(await reply(grace).inputValue(), 'Written before the end')
  await button(grace, 'Send').click()
  await transcript(grace).getByText('Written before the end').waitFor()
  await grace.waitForFunction(() => document.querySelector('textarea')?.value === '')
  assert.equal((await said(story.second)).filter(({ message }) => message === 'Written before the end').length, 1)
})

step('the contact stands beside, with what they rated and their other conversations', async () => {
  await owner.api('POST', `conversations/${story.second.id}/leads`, { emailId: 'barbara@example.com', fields: { plan: 'Business' } })
  await owner.api('POST', `conversations/${story.second.id}/reviews`, { score: 4, comment: 'Quick and kind' })
  await startConversation(owner.api, { externalId: 'u2', name: 'Barbara' }).then(({ say }) => say('Another matter'))
  await grace.goto(inbox(`?conversation=${story.second.id}`))
  const contact = grace.getByRole('complementary', { name: 'Contact' })
  for (const text of ['barbara@example.com', 'Business', '4 of 5', 'Quick and kind']) await contact.getByText(text).first().waitFor()
  assert.equal(await contact.getByRole('listitem').count(), 1)
})

step('agents take turns when that is set, and unsaved settings are not left by accident', async () => {
  await ada.goto(`${inbox()}/settings`)
  await ada.getByRole('radio', { name: 'One agent after the other' }).check()
  let asked = ''
  ada.once('dialog', (dialog) => {
    asked = dialog.message()
    void dialog.dismiss()
  })
  await ada.getByRole('link', { name: 'Overview' }).click()
  assert.match(asked, /Leave without saving/)
  await button(ada, 'Save').click()
  await ada.getByText('Saved').waitFor()
  const agents = []
  for (const externalId of ['u3', 'u4']) {
    const conversation = await startConversation(owner.api, { externalId })
    await conversation.say('agent please')
    agents.push((await owner.api('GET', `conversations/${conversation.id}`)).agentName)
  }
  assert.deepEqual(agents.sort(), ['Ada Lovelace', 'Grace Hopper'])
  assert.deepEqual([...ada.complaints, ...grace.complaints], [])
})
