// Makes HTML of a page's Markdown: headings with anchors, links that lead to other pages of /docs,
// code blocks with their colours, a name and a button that copies them. Markup in the Markdown is
// dropped, so that what comes out has only elements that are made here.
import hljs from 'highlight.js/lib/core'
import bash from 'highlight.js/lib/languages/bash'
import go from 'highlight.js/lib/languages/go'
import ini from 'highlight.js/lib/languages/ini'
import javascript from 'highlight.js/lib/languages/javascript'
import json from 'highlight.js/lib/languages/json'
import php from 'highlight.js/lib/languages/php'
import python from 'highlight.js/lib/languages/python'
import ruby from 'highlight.js/lib/languages/ruby'
import yaml from 'highlight.js/lib/languages/yaml'
import { Marked } from 'marked'
import { read, resolve } from './pages.mjs'

for (const [name, language] of Object.entries({ bash, go, ini, javascript, json, php, python, ruby, yaml })) {
  hljs.registerLanguage(name, language)
}
hljs.registerAliases(['sh', 'console'], { languageName: 'bash' })
hljs.registerAliases(['js', 'ts', 'typescript'], { languageName: 'javascript' })

const escape = (text) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

// anchorOf is a heading's anchor as GitHub makes it.
const anchorOf = (text) => text.toLowerCase().replace(/[^\p{L}\p{N}\- _]/gu, '').replaceAll(' ', '-')

const tagless = (html) =>
  html
    .replace(/<[^>]+>/g, '')
    .replace(/&(lt|gt|quot|amp|#39|#x27);/g, (_, name) => ({ lt: '<', gt: '>', quot: '"', amp: '&' })[name] ?? "'")

// compile returns a page's title and its anchor, the sentence that tells what it is about, its headings, its text by
// section for the search, and its HTML.
export function compile({ slug, path, name }) {
  const headings = []
  const marked = new Marked({ renderer: renderer(path, headings) })
  const tokens = marked.lexer(read(path))
  nameCode(tokens)
  const [title] = tokens.splice(tokens.findIndex((token) => token.type === 'heading'), 1)
  const about = sentence(tagless(marked.parser([tokens.find((token) => token.type === 'paragraph')])))
  headings.length = 0
  const html = marked.parser(tokens)
  return { slug, id: anchorOf(title.text), title: name ?? title.text.replaceAll('`', ''), about, headings, html, sections: sectionsOf(html) }
}

const sentence = (text) => text.replaceAll('\n', ' ').match(/^.*?\.(?= |$)/)?.[0] ?? text

// nameCode gives code blocks the name that the comment above tells (test/docs/doc.go has the list).
function nameCode(tokens) {
  let comment = ''
  for (const token of tokens) {
    if (token.type === 'code') token.named = nameOf(comment)
    if (token.type !== 'space') comment = token.type === 'html' ? token.text.trim() : ''
  }
}

function nameOf(comment) {
  const inner = comment.match(/^<!--\s*(.*?)\s*-->$/)?.[1] ?? ''
  const [kind, of] = inner.split(/:\s*/)
  if (kind === 'file') return { text: of, kind: 'file' }
  if (kind === 'output') return { text: of ? `The ${of} shows` : 'Prints', kind: 'output' }
  if (kind.endsWith(' terminal')) return { text: `In a ${kind}`, kind: 'terminal' }
  return undefined
}

function renderer(path, headings) {
  return {
    html: () => '',
    image: () => '',
    heading({ depth, tokens }) {
      const inner = this.parser.parseInline(tokens)
      const text = tagless(inner)
      const id = anchorOf(text)
      headings.push({ depth, text, id })
      return `<h${depth} id="${id}">${inner}<a class="anchor" href="#${id}" aria-label="Link to ${escape(text)}">#</a></h${depth}>\n`
    },
    link({ href, tokens }) {
      const to = resolve(path, href)
      const outside = /^https?:/.test(to) ? ' rel="noreferrer"' : ''
      return `<a href="${escape(to)}"${outside}>${this.parser.parseInline(tokens)}</a>`
    },
    table(token) {
      const cells = (row, tag) => `<tr>${row.map((cell) => `<${tag}>${this.parser.parseInline(cell.tokens)}</${tag}>`).join('')}</tr>`
      const head = token.header.map((cell) => cell.text).filter(Boolean).join(', ')
      return (
        `<div class="table" role="group" tabindex="0" aria-label="Table: ${escape(head.replaceAll('`', ''))}"><table>` +
        `<thead>${cells(token.header, 'th')}</thead><tbody>${token.rows.map((row) => cells(row, 'td')).join('')}</tbody></table></div>\n`
      )
    },
    checkbox: ({ checked }) => (checked ? '☑ ' : '☐ '),
    code: ({ text, lang, named }) => codeBlock(text, lang ?? '', named),
  }
}

function codeBlock(text, language, named) {
  const inner = hljs.getLanguage(language) ? hljs.highlight(text, { language }).value : escape(text)
  const caption = named ? `<figcaption>${escape(named.text)}</figcaption>` : ''
  const label = escape(named ? `Code, ${named.text}` : 'Code')
  const copy = named?.kind === 'output' ? '' : `<button type="button" class="copy" aria-label="Copy">Copy</button>`
  return (
    `<figure class="code"${named ? ` data-kind="${named.kind}"` : ''}>${caption}` +
    `<pre role="group" tabindex="0" aria-label="${label}" data-language="${escape(language)}"><code>${inner}</code></pre>${copy}</figure>\n`
  )
}

// sectionsOf cuts a page at its headings, for the search.
function sectionsOf(html) {
  const parts = html.replace(/<button.*?<\/button>|<a class="anchor".*?<\/a>/g, '').split(/<h[2-6] id="([^"]*)">(.*?)<\/h[2-6]>/)
  const words = (part) => tagless(part.replace(/<\/(t[dh]|p|li|figcaption)>/g, ' ')).replace(/\s+/g, ' ').trim()
  const sections = [{ id: '', heading: '', text: words(parts[0]) }]
  for (let i = 1; i < parts.length; i += 3) {
    sections.push({ id: parts[i], heading: tagless(parts[i + 1]), text: words(parts[i + 2]) })
  }
  return sections
}

// markdownOf is the page's own Markdown with links that work on a server.
export function markdownOf(path) {
  let fenced = false
  return read(path)
    .split('\n')
    .map((line) => {
      if (line.trimStart().startsWith('```')) fenced = !fenced
      if (fenced) return line
      return line.replace(/\]\(([^)\s]+)\)/g, (_, target) => `](${resolve(path, target, '.md')})`)
    })
    .join('\n')
}
