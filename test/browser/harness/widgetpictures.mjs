// Pictures of the widget on a website: closed, open, answered, handed over, closed by the agent; wide, on a phone, dark, from right to left.
import { join } from 'node:path'
import { startShop } from './shop.mjs'

const SUGGESTION = 'How long does delivery take?'

export async function widgetPictures(browser, server, owner, folder) {
  const shop = await startShop(server)
  shop.embed(owner.chatbotId)
  await owner.api('PATCH', 'widget', { allowedOrigins: [shop.url], title: 'Shop support', greeting: 'Hi! How can we help?', suggestions: [SUGGESTION, 'Can I send it back?'], color: '#0f766e' })
  let count = 0
  for (const [name, path, options] of [
    ['wide', '/', { viewport: { width: 1280, height: 800 } }],
    ['dark', '/', { viewport: { width: 1280, height: 800 }, colorScheme: 'dark' }],
    ['rtl', '/rtl', { viewport: { width: 1280, height: 800 } }],
    ['phone', '/', { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true }],
    ['narrow-dark-rtl', '/rtl', { viewport: { width: 320, height: 640 }, colorScheme: 'dark' }],
  ]) {
    const page = await browser.newPage(options)
    const shot = async (state) => {
      await page.screenshot({ path: join(folder, `widget-${state}-${name}.png`), animations: 'disabled' })
      count++
    }
    await page.goto(shop.url + path)
    await page.getByRole('button', { name: 'Open chat' }).waitFor()
    await shot('closed')
    await page.getByRole('button', { name: 'Open chat' }).click()
    await page.getByText('Hi! How can we help?').waitFor()
    await shot('open')
    await page.getByRole('button', { name: SUGGESTION }).click()
    await page.getByText('two working days').first().waitFor()
    await shot('answered')
    await page.getByRole('button', { name: 'Talk to a person' }).click()
    await page.getByText("You're in the queue").waitFor()
    const { data } = await owner.api('GET', 'conversations?source=website-widget&limit=1')
    const conversation = `conversations/${data[0].id}`
    await owner.api('POST', `${conversation}/messages`, { chatUser: 'humanagent', message: 'Hello, Grace here. What can I do for you?', agentId: 'agent-7', agentName: 'Grace Hopper' })
    await page.getByText('Hello, Grace here.').waitFor()
    await shot('handover')
    await owner.api('PATCH', conversation, { status: 'closed' })
    await page.getByText('How was this conversation?').waitFor()
    await page.getByRole('radio', { name: '5 of 5' }).click()
    await shot('score')
    await page.context().close()
  }
  await shop.close()
  return count
}
