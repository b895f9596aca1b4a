// Gives the dashboard the pages of /docs, each in a module of its own that is loaded when it is read:
//
//   virtual:docs            the groups of pages, and a function that loads one
//   virtual:docs/SLUG       a page
//   virtual:docs-search     every section's text
import { compile } from './compile.mjs'
import { groups, home, missing, pages, sourceOf } from './pages.mjs'
import { fileURLToPath } from 'node:url'

const prefix = '\0virtual:docs'

export function docs() {
  const all = [{ ...home, slug: 'index' }, ...pages]
  return {
    name: 'bot9-docs',
    buildStart() {
      const left = missing()
      if (left.length > 0) this.error(`${left.join(', ')}: no group of ui/scripts/docs/pages.mjs has it`)
    },
    resolveId: (id) => (id.startsWith('virtual:docs') ? `\0${id}` : undefined),
    load(id) {
      if (!id.startsWith(prefix)) return undefined
      const rest = id.slice(prefix.length)
      if (rest === '') return index(all)
      for (const { path } of all) this.addWatchFile(fileURLToPath(sourceOf(path)))
      if (rest === '-search') return `export const sections = ${JSON.stringify(searchable())}`
      const page = all.find(({ slug }) => `/${slug}` === rest)
      const { sections: _, ...compiled } = compile(page)
      return `export const page = ${JSON.stringify(compiled)}`
    },
  }
}

function index(all) {
  const listed = groups.map(({ title, pages }) => ({
    title,
    pages: pages.map(([slug, path, name]) => {
      const { title, about } = compile({ slug, path, name })
      return { slug, title, about }
    }),
  }))
  const loaders = all.map(({ slug }) => `${JSON.stringify(slug)}: () => import('virtual:docs/${slug}')`)
  return `export const groups = ${JSON.stringify(listed)}
const loaders = {${loaders.join(',')}}
export const load = async (slug) => (await loaders[slug]()).page`
}

const searchable = () =>
  pages.flatMap((page) => {
    const { title, sections } = compile(page)
    return sections.map((section) => ({ slug: page.slug, title, ...section }))
  })
