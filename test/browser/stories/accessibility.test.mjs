// Every page, light and dark, wide and narrow, by axe: nothing serious (WCAG 2.2 A and AA), and
// nothing wider than the window.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { after, before, test } from 'node:test'
import { startBrowser } from '../harness/browser.mjs'
import { goTo, pagesOf } from '../harness/pages.mjs'
import { startReceiver } from '../harness/receiver.mjs'
import { fill, settled, signUp } from '../harness/seed.mjs'
import { startServer } from '../harness/server.mjs'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

let server, browser, receiver, broken, owner, pages

before(async () => {
  ;[server, browser, receiver, broken] = await Promise.all([
    startServer(),
    startBrowser(),
    startReceiver(),
    startReceiver(),
  ])
  broken.answerWith(401, 'signature does not match')
  owner = await signUp(server)
  await owner.invite('grace@example.com', 'developer')
  const seeded = await fill(owner, receiver, broken.url)
  await settled(owner.api, seeded.healthy.id)
  await settled(owner.api, seeded.failing.id)
  pages = await pagesOf(owner, seeded)
})

after(async () => {
  await browser?.close()
  await Promise.all([server?.close(), receiver?.close(), broken?.close()])
})

for (const [colorScheme, width] of [
  ['light', 1440],
  ['dark', 1440],
  ['light', 390],
]) {
  test(`${colorScheme}, ${width} px`, async () => {
    // axe runs beside the page's own scripts, which the page's policy would not let it do.
    const viewport = { width, height: 900 }
    const page = await browser.newPage({ colorScheme, viewport, bypassCSP: true, reducedMotion: 'reduce' })
    const found = []
    for (const each of pages.filter(({ alike }) => !alike)) {
      const { name, anonymous } = each
      if (anonymous) await page.context().clearCookies()
      else await page.context().addCookies([owner.cookie])
      await goTo(page, server, each)
      await page.evaluate(() => Promise.all(document.getAnimations().map((each) => each.finished.catch(() => {}))))
      found.push(...(await seriousOn(page, name)))
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
      if (overflow > 0) found.push(`${name}: ${overflow} px wider than the window`)
    }
    assert.deepEqual(found, [])
    assert.deepEqual(page.complaints, [])
    await page.context().close()
  })
}

async function seriousOn(page, name) {
  await page.evaluate(axe)
  const { violations } = await page.evaluate(
    // The reference is drawn by a library; what it draws is not ours to change.
    (tags) => window.axe.run({ exclude: [['.reference']] }, { runOnly: { type: 'tag', values: tags } }),
    TAGS,
  )
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${name}: ${id} at ${nodes.slice(0, 3).map((node) => node.target.join(' ')).join(' | ')}`)
}
