// Writes a picture of every page, light and dark, wide and narrow, to screenshots/ in the
// repository's root, and small ones of the best to docs/images, which the README shows. With words,
// only pages whose name has one of them.
import { execFileSync } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startBrowser } from './harness/browser.mjs'
import { startReceiver } from './harness/receiver.mjs'
import { fill, settled, signUp } from './harness/seed.mjs'
import { startServer } from './harness/server.mjs'
import { widgetPictures } from './harness/widgetpictures.mjs'
import { goTo, pagesOf } from './harness/pages.mjs'

const root = join(import.meta.dirname, '../..')
const folder = join(root, 'screenshots')
const words = process.argv.slice(2)
const HEIGHT = 900
const TALLEST = 2400
const README = ['overview', 'webhook', 'delivery-failed', 'tester']
const README_WIDTH = 1120

await mkdir(folder, { recursive: true })
const [server, receiver, broken, browser] = await Promise.all([startServer(), startReceiver(), startReceiver(), startBrowser()])
try {
  broken.answerWith(401, '{"error":"signature does not match"}', { 'content-type': 'application/json' })
  const owner = await signUp(server)
  await owner.invite('grace@example.com', 'developer')
  const seeded = await fill(owner, receiver, broken.url)
  await settled(owner.api, seeded.healthy.id)
  await settled(owner.api, seeded.failing.id)
  const pages = (await pagesOf(owner, seeded)).filter((page) => words.length === 0 || words.some((word) => page.name.includes(word)))
  await giveHistory(server, seeded)
  const shrink = await shrinker(browser)
  for (const width of [1440, 390]) {
    for (const colorScheme of ['light', 'dark']) {
      const page = await browser.newPage({ colorScheme, viewport: { width, height: HEIGHT } })
      await page.context().addCookies([owner.cookie])
      for (const each of pages) {
        const { name, anonymous } = each
        if (anonymous) await page.context().clearCookies()
        await goTo(page, server, each)
        await complete(page)
        if (width === 1440 && README.includes(name)) {
          const small = await shrink(await page.screenshot({ animations: 'disabled' }))
          await writeFile(join(root, 'docs/images', `${name}-${colorScheme}.webp`), small)
        }
        if ((await page.getByRole('dialog').count()) === 0) await showAll(page, width)
        await page.screenshot({ path: join(folder, `${name}-${colorScheme}-${width}.png`), animations: 'disabled' })
        await page.setViewportSize({ width, height: HEIGHT })
        if (anonymous) await page.context().addCookies([owner.cookie])
      }
      if (page.complaints.length > 0) console.log(page.complaints)
      await page.context().close()
    }
  }
  const ofWidget = words.length === 0 || words.includes('widget') ? await widgetPictures(browser, server, owner, folder) : 0
  console.log(`${pages.length * 4 + ofWidget} pictures in screenshots/`)
} finally {
  await browser.close()
  await Promise.all([server.close(), receiver.close(), broken.close()])
}

// complete waits until nothing of the page is still to come.
async function complete(page) {
  await page.waitForFunction(() => !document.querySelector('.mantine-Skeleton-root, .mantine-Loader-root'))
  await page.evaluate(() => document.fonts.ready.then(() => new Promise((idle) => requestIdleCallback(idle))))
}

// giveHistory makes the webhooks look as after a day in use.
async function giveHistory(server, { healthy, failing }) {
  await server.stop()
  const urls = ['https://orders.example.com/webhooks/bot9', 'https://crm.example.com/hooks/chat']
  const script = join(import.meta.dirname, 'harness/history.py')
  execFileSync('python3', [script, server.database, healthy.id, urls[0], failing.id, urls[1]], { stdio: 'inherit' })
  await server.start()
}

// showAll makes the window as tall as the page, so that long lists draw all of their rows.
async function showAll(page, width) {
  const height = await page.evaluate(() => document.documentElement.scrollHeight)
  await page.setViewportSize({ width, height: Math.min(Math.max(height, HEIGHT), TALLEST) })
  await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))))
}

// shrinker returns what makes a small WebP of a picture: the browser has an encoder.
async function shrinker(browser) {
  await mkdir(join(root, 'docs/images'), { recursive: true })
  const page = await browser.newPage()
  return async (png) => {
    const url = await page.evaluate(
      async ([source, width]) => {
        const image = await createImageBitmap(await (await fetch(source)).blob(), { resizeWidth: width, resizeQuality: 'high' })
        const canvas = Object.assign(document.createElement('canvas'), { width: image.width, height: image.height })
        canvas.getContext('2d').drawImage(image, 0, 0)
        return canvas.toDataURL('image/webp', 0.8)
      },
      [`data:image/png;base64,${png.toString('base64')}`, README_WIDTH],
    )
    return Buffer.from(url.slice(url.indexOf(',') + 1), 'base64')
  }
}
