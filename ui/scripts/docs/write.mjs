// Writes what /docs is to those who run no scripts: each page's HTML inside the dashboard's own
// (shown only without JavaScript), its Markdown, and the documents for programs.
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { compile, markdownOf } from './compile.mjs'
import { documents, groups, home, pages, sourceOf } from './pages.mjs'

const style = `<style>
#plain { max-width: 46rem; margin: 0 auto; padding: 1.5rem; font: 16px/1.6 system-ui, sans-serif }
#plain pre { overflow-x: auto; padding: 0.75rem; border: 1px solid #8886; border-radius: 8px }
#plain .table { overflow-x: auto } #plain td, #plain th { padding: 0.25rem 0.75rem 0.25rem 0; text-align: left; vertical-align: top }
#plain .anchor { display: none } #plain figure { margin: 1rem 0 }
</style>`

export function writeDocs(dist) {
  const shell = readFileSync(new URL('index.html', dist), 'utf8')
  mkdirSync(new URL('docs/', dist), { recursive: true })
  for (const page of pages) {
    const { title, about, html } = compile(page)
    writeFileSync(new URL(`docs/${page.slug}.html`, dist), filled(shell, title, about, html))
    writeFileSync(new URL(`docs/${page.slug}.md`, dist), markdownOf(page.path))
  }
  const { title, about, html } = compile(home)
  const operations = compile(pages.find(({ slug }) => slug === 'endpoints'))
  const everything = `${listing()}${html}<h2>${operations.title}</h2>${operations.html}`
  writeFileSync(new URL('docs.html', dist), filled(shell, title, about, everything))
  writeFileSync(new URL('docs/reference.html', dist), filled(shell, 'API reference', operations.about, operations.html))
  writeFileSync(new URL('docs/index.md', dist), markdownOf(home.path))
  for (const { path, url } of documents) {
    if (path.endsWith('.txt')) writeFileSync(new URL(`.${url}`, dist), markdownOf(path))
    else copyFileSync(sourceOf(path), new URL(`.${url}`, dist))
  }
  copyFileSync(new URL('docs/llms.txt', dist), new URL('llms.txt', dist))
  return pages.length + 1
}

const listing = () =>
  groups
    .map(({ title, pages }) => {
      const items = pages.map(([slug, path, name]) => {
        const page = compile({ slug, path, name })
        return `<li><a href="/docs/${slug}">${page.title}</a>: ${page.about}</li>`
      })
      return `<h2>${title}</h2><ul>${items.join('')}</ul>`
    })
    .join('')

function filled(shell, title, about, html) {
  const plain = html.replace(/<button.*?<\/button>/g, '').replace(/<\/?span[^>]*>/g, '')
  const article = `${style}<main id="plain"><p><a href="/docs">Bot9 docs</a> · <a href="/docs/llms.txt">as Markdown</a></p><h1>${title}</h1>\n${plain}</main>`
  const description = about.replaceAll('&', '&amp;').replaceAll('"', '&quot;')
  return shell
    .replace(/<title>.*?<\/title>/, () => `<title>${title} · Bot9</title><meta name="description" content="${description}" />`)
    .replace(/<noscript>[\s\S]*?<\/noscript>/, () => `<noscript>${article}</noscript>`)
}
