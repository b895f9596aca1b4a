// Which Markdown of the repository is a page of /docs, and in which order. Their text is the only
// source: a page's title is its first heading (or
// the name given here, where that is the name of a package), what it is about is its first sentence.
import { readdirSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'

const repository = new URL('../../../', import.meta.url)
export const online = 'https://github.com/bot9/bot9/blob/main/' // where links to what is no page lead

const guides = (...names) => names.map((name) => [name, `docs/guides/${name}.md`])

export const groups = [
  { title: 'Start', pages: guides('testing-locally', 'authentication', 'conversations', 'widget', 'inbox', 'knowledge', 'bring-your-own-bot', 'answering', 'actions') },
  {
    title: 'Webhooks',
    pages: guides('events', 'securing-webhooks', 'handling-notifications', 'retries-and-failures', 'filters', 'rotating-keys'),
  },
  { title: 'API', pages: guides('endpoints', 'data-models') },
  {
    title: 'Tools',
    pages: [
      ['cli', 'docs/cli.md'],
      ['libraries', 'sdk/README.md'],
      ['libraries-go', 'sdk/go/README.md', 'In Go'],
      ['libraries-typescript', 'sdk/typescript/README.md', 'In TypeScript'],
      ['libraries-python', 'sdk/python/README.md', 'In Python'],
    ],
  },
  {
    title: 'Running Bot9',
    pages: [
      ...guides('going-to-production', 'monitoring', 'troubleshooting'),
      ['settings', 'docs/settings.md'],
      ['scaling', 'docs/scaling.md'],
      ['performance', 'docs/performance.md'],
    ],
  },
]

// home is what /docs itself shows.
export const home = { slug: '', path: 'docs/guides/README.md' }

// documents are for programs; they are served as they are.
export const documents = [
  { path: 'docs/asyncapi.yaml', url: '/docs/asyncapi.yaml' },
  { path: 'docs/llms.txt', url: '/docs/llms.txt' },
  { path: 'sdk/testdata/verify.json', url: '/docs/verify.json' },
]

export const pages = groups.flatMap((group) => group.pages.map(([slug, path, name]) => ({ slug, path, name, group: group.title })))

export const sourceOf = (path) => new URL(path, repository)
export const read = (path) => readFileSync(sourceOf(path), 'utf8')

const urls = new Map([
  [home.path, '/docs'],
  ['api/openapi.yaml', '/api/openapi.yaml'],
  ...documents.map(({ path, url }) => [path, url]),
  ...pages.map(({ path, slug }) => [path, `/docs/${slug}`]),
])

// resolve says where a link in the file at path leads to on a server. Other pages are named with the
// suffix, such as ".md".
export function resolve(path, target, suffix = '') {
  if (/^[a-z]+:/.test(target) || target.startsWith('#')) return target
  const [file, anchor] = target.split('#')
  const to = posix.join(posix.dirname(path), file)
  const url = urls.get(to)
  if (url === undefined) return online + to + (anchor ? `#${anchor}` : '')
  const named = to.endsWith('.md') ? (url === '/docs' && suffix ? '/docs/index' : url) + suffix : url
  return named + (anchor ? `#${anchor}` : '')
}

// missing are guides that no group has.
export function missing() {
  const known = new Set([home.path, ...pages.map(({ path }) => path)])
  return readdirSync(sourceOf('docs/guides/'))
    .map((name) => `docs/guides/${name}`)
    .filter((path) => path.endsWith('.md') && !known.has(path))
}
