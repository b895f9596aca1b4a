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
