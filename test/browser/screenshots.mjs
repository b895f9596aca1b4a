// Writes a picture of every page, light and dark, wide and narrow, to screenshots/ in the
// repository's root. With a word, only pages whose name has it.
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { startBrowser } from './harness/browser.mjs'
import { startReceiver } from './harness/receiver.mjs'
import { fill, settled, signUp } from './harness/seed.mjs'
import { startServer } from './harness/server.mjs'
import { pagesOf } from './harness/pages.mjs'

const folder = join(import.meta.dirname, '../../screenshots')
const only = process.argv[2] ?? ''
const HEIGHT = 900
const TALLEST = 2400

await mkdir(folder, { recursive: true })
const [server, receiver, broken, browser] = await Promise.all([startServer(), startReceiver(), startReceiver(), startBrowser()])
try {
  broken.answerWith(401, '{"error":"signature does not match"}', { 'content-type': 'application/json' })
  const owner = await signUp(server)
  await owner.invite('grace@example.com', 'developer')
  const seeded = await fill(owner, receiver, broken.url)
  await settled(owner.api, seeded.healthy.id)
  await settled(owner.api, seeded.failing.id)
  const pages = (await pagesOf(owner, seeded)).filter((page) => page.name.includes(only))
  for (const width of [1440, 390]) {
    for (const colorScheme of ['light', 'dark']) {
      const page = await browser.newPage({ colorScheme, viewport: { width, height: HEIGHT } })
      await page.context().addCookies([owner.cookie])
      for (const { name, path, ready, open, anonymous } of pages) {
        if (anonymous) await page.context().clearCookies()
        await page.goto(server.url + path)
        await page.getByText(ready).first().waitFor()
        if (open) await open(page)
        await page.waitForLoadState('networkidle', { timeout: 1500 }).catch(() => {}) // the live stream never rests
        if ((await page.getByRole('dialog').count()) === 0) await showAll(page, width)
        await page.screenshot({ path: join(folder, `${name}-${colorScheme}-${width}.png`), animations: 'disabled' })
        await page.setViewportSize({ width, height: HEIGHT })
        if (anonymous) await page.context().addCookies([owner.cookie])
      }
      if (page.complaints.length > 0) console.log(page.complaints)
      await page.context().close()
    }
  }
  console.log(`${pages.length * 4} pictures in screenshots/`)
} finally {
  await browser.close()
  await Promise.all([server.close(), receiver.close(), broken.close()])
}

// showAll makes the window as tall as the page, so that long lists draw all of their rows.
async function showAll(page, width) {
  const height = await page.evaluate(() => document.documentElement.scrollHeight)
  await page.setViewportSize({ width, height: Math.min(Math.max(height, HEIGHT), TALLEST) })
  await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))))
}
