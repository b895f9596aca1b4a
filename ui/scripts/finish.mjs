// Finishes a build: weighs what the first page loads, compresses the assets, and writes the docs for
// those who run no scripts. Only the compressed assets are kept, since the binary carries them; its
// handler unpacks them for the rare client that can't.
import { readdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { writeDocs } from './docs/write.mjs'

const limit = 150 * 1024 // bytes of JavaScript, gzipped, before anything is shown
const dist = new URL('../dist/', import.meta.url)
const assets = new URL('assets/', dist)

const html = readFileSync(new URL('index.html', dist), 'utf8')
const first = new Set([...html.matchAll(/(?:src|href)="\/assets\/([^"]+\.js)"/g)].map((match) => match[1]))
let weight = 0
for (const name of readdirSync(assets)) {
  if (!/\.(js|css|md)$/.test(name)) continue
  const file = new URL(name, assets)
  const packed = gzipSync(readFileSync(file), { level: 9 })
  if (first.has(name)) weight += packed.length
  writeFileSync(new URL(`${name}.gz`, assets), packed)
  unlinkSync(file)
}

const words = `First load: ${(weight / 1024).toFixed(1)} KiB of JavaScript gzipped, of at most ${limit / 1024} KiB`
if (weight === 0 || weight > limit) {
  console.error(words)
  process.exit(1)
}
console.log(words)
console.log(`${writeDocs(dist)} pages of docs, as HTML and Markdown`)
