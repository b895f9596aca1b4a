import assert from 'node:assert/strict'
import { test } from 'node:test'

// steps makes tests that build on each other: after one that failed the next would only wait in vain.
export function steps() {
  let broken = false
  return (name, run) =>
    test(name, async (context) => {
      if (broken) return context.skip('a step before it failed')
      broken = true
      await run()
      broken = false
    })
}

// until waits for something that no page shows, and returns it.
export async function until(what, look, ms = 15_000) {
  for (const end = Date.now() + ms; ; ) {
    const found = await look()
    if (found) return found
    if (Date.now() > end) assert.fail(`${what} did not come`)
    await new Promise((again) => setTimeout(again, 50))
  }
}
