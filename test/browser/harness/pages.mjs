import { readdirSync } from 'node:fs'

const guides = readdirSync(new URL('../../../docs/guides', import.meta.url))
  .filter((name) => name !== 'README.md')
  .map((name) => name.replace('.md', ''))
  .concat('cli', 'settings', 'scaling', 'performance', 'libraries', 'libraries-go', 'libraries-typescript', 'libraries-python')

// goTo opens one of them, and what is to be open on it.
export async function goTo(page, server, { path, ready, open }) {
  await page.goto(server.url + (typeof path === 'function' ? await path() : path))
  await page.getByText(ready).first().waitFor()
  if (open) await open(page)
}

// Every page of the dashboard: its address, or what makes it, a text that shows that it is ready, and what to open
// on it. Screenshots and the accessibility check go through them; the latter leaves out what is alike.
export async function pagesOf({ api, chatbotId, addChatbot }, { failing, healthy, conversations, deviceCode }) {
  const [empty, fresh] = [await addChatbot('Sales'), await addChatbot('Trial')]
  const [failed] = (await api('GET', `deliveries?webhookId=${failing.id}&status=retrying`)).data
  const [event] = (await api('GET', 'events?event=messageReceived')).data
  const [delivered] = (await api('GET', `deliveries?webhookId=${healthy.id}&status=succeeded`)).data
  const settings = `/${chatbotId}/settings`
  const press = (name) => (page) => page.getByRole('button', { name }).first().click()
  return [
    { name: 'login', path: '/login', ready: 'Log in to Bot9', anonymous: true },
    { name: 'signup', path: '/signup', ready: 'Create your account', anonymous: true },
    { name: 'overview', path: `/${chatbotId}/overview`, ready: 'Needs attention' },
    { name: 'inbox', path: `/${chatbotId}/inbox`, ready: 'Grace Hopper' },
    { name: 'conversation', path: `/${chatbotId}/inbox?conversation=${conversations[1].id}`, ready: 'Rated 5 of 5' },
    { name: 'inbox-waiting', path: `/${chatbotId}/inbox?queue=waiting`, ready: 'Waiting' },
    {
      name: 'inbox-handled',
      path: `/${chatbotId}/inbox?conversation=${conversations[5].id}`,
      ready: 'the parcel was returned to us',
      open: async (page) => {
        await page.getByRole('textbox', { name: 'Reply as the agent' }).fill('/re')
        await page.getByRole('option', { name: 'refund' }).waitFor()
      },
    },
    { name: 'inbox-settings', path: `/${chatbotId}/inbox/settings`, ready: '/refund' },
    { name: 'inbox-keys', path: `/${chatbotId}/inbox`, ready: 'Grace Hopper', open: (page) => page.keyboard.press('?') },
    { name: 'knowledge', path: `/${chatbotId}/knowledge?q=How+long+does+delivery+take`, ready: 'The bot answers from this' },
    { name: 'document', path: `/${chatbotId}/knowledge?document=new`, ready: 'New document' },
    { name: 'keys', path: `${settings}/keys`, ready: 'See all webhooks' },
    { name: 'widget', path: `${settings}/widget`, ready: 'What visitors can do' },
    { name: 'webhooks', path: `/${chatbotId}/webhooks`, ready: 'Order desk' },
    {
      name: 'key-rotate',
      path: `${settings}/keys`,
      ready: 'See all webhooks',
      open: async (page) => {
        await page.getByRole('button', { name: /^Actions for/ }).first().click()
        await page.getByRole('menuitem', { name: 'Rotate' }).click()
        await page.getByRole('dialog').waitFor()
      },
    },
    {
      name: 'webhook-add',
      path: `/${chatbotId}/webhooks/new`,
      ready: 'handoverRequested',
      open: (page) => page.getByRole('checkbox', { name: 'messageReceived' }).check(),
    },
    { name: 'webhook', path: `/${chatbotId}/webhooks/${healthy.id}`, ready: 'Outcomes over time' },
    { name: 'webhook-failing', path: `/${chatbotId}/webhooks/${failing.id}`, ready: 'What to do' },
    { name: 'webhook-test', path: `/${chatbotId}/webhooks/${healthy.id}`, ready: 'Outcomes over time', open: press('Send test event') },
    { name: 'webhook-settings', path: `/${chatbotId}/webhooks/${healthy.id}?tab=settings`, ready: 'Webhook ID', open: press('Reveal') },
    {
      name: 'webhook-replay',
      path: `/${chatbotId}/webhooks/${healthy.id}`,
      ready: 'Outcomes over time',
      open: async (page) => {
        await page.getByRole('button', { name: 'More actions' }).click()
        await page.getByRole('menuitem', { name: 'Replay' }).click()
        await page.getByRole('dialog').getByText('Everything that matches, delivered or not').click()
        await page.getByText(/events will be sent again/).waitFor()
      },
    },
    { name: 'webhook-edit', path: `/${chatbotId}/webhooks/${failing.id}/edit`, ready: 'recent events would be sent' },
    { name: 'delivery', path: `/${chatbotId}/deliveries/${delivered.id}`, ready: 'Request' },
    { name: 'delivery-failed', path: `/${chatbotId}/deliveries/${failed.id}`, ready: 'What to do' },
    { name: 'events', path: `/${chatbotId}/events`, ready: 'custom.orderShipped' },
    { name: 'event', path: `/${chatbotId}/events/${event.id}`, ready: 'What it caused' },
    { name: 'tester', path: `/${chatbotId}/tester`, ready: 'Signature is right' },
    {
      name: 'tester-secret',
      path: `/${chatbotId}/tester`,
      ready: 'Signature is right',
      open: async (page) => {
        await page.getByRole('button', { name: 'More actions for this receiver' }).click()
        await page.getByRole('menuitem', { name: 'Set a secret' }).click()
        await page.getByRole('dialog').waitFor()
      },
    },
    { name: 'docs', path: '/docs', ready: 'The examples' },
    { name: 'docs-anonymous', path: '/docs', ready: 'The examples', anonymous: true },
    ...guides.map((guide) => ({ name: `docs-${guide}`, path: `/docs/${guide}`, ready: 'This page as Markdown', alike: true })),
    { name: 'docs-guide', path: '/docs/securing-webhooks', ready: 'This page as Markdown' },
    {
      name: 'docs-search',
      path: '/docs/events',
      ready: 'This page as Markdown',
      open: async (page) => {
        await page.getByRole('searchbox', { name: 'Search the docs' }).fill('signature rotate')
        await page.getByText('sections found').waitFor()
      },
    },
    { name: 'docs-reference', path: '/docs/reference', ready: 'Operations' },
    { name: 'device', path: async () => `/device?code=${await deviceCode()}`, ready: 'Does your terminal show this code?' },
    { name: 'device-code', path: '/device', ready: 'As your terminal shows it' },
    { name: 'members', path: '/members', ready: 'grace@example.com' },
    { name: 'palette', path: `/${chatbotId}/overview`, ready: 'Needs attention', open: (page) => page.keyboard.press('Control+k') },
    {
      name: 'webhook-saved',
      path: `/${fresh}/webhooks/new`,
      ready: 'handoverRequested',
      open: async (page) => {
        await page.getByLabel('Webhook URL').fill('https://orders.example.com/webhooks/bot9')
        await page.getByRole('checkbox', { name: 'All events, also those that come later' }).check()
        await page.getByRole('button', { name: 'Save' }).click()
        await page.getByRole('heading', { name: 'Webhook saved' }).waitFor()
      },
    },
    { name: 'empty-overview', path: `/${empty}/overview`, ready: 'Get going' },
    { name: 'empty-inbox', path: `/${empty}/inbox`, ready: 'No conversation yet' },
    { name: 'empty-knowledge', path: `/${empty}/knowledge`, ready: 'The bot knows nothing yet' },
    { name: 'empty-keys', path: `/${empty}/settings/keys`, ready: 'See all webhooks' },
    { name: 'empty-webhooks', path: `/${empty}/webhooks`, ready: 'Tell your systems what happens here' },
    { name: 'empty-events', path: `/${empty}/events`, ready: 'Nothing has happened yet' },
    { name: 'empty-tester', path: `/${empty}/tester`, ready: 'A private URL for your webhooks' },
    { name: 'not-found', path: '/nothing/here', ready: 'There is nothing here' },
  ]
}
