import { groups, load } from 'virtual:docs'
import { sections } from 'virtual:docs-search'
import { describe, expect, test } from 'vitest'
import { personal } from './reader'
import { search } from './search'

const section = (heading: string, text: string) => ({ slug: 'page', title: 'Page', heading, id: heading, text })

describe('search', () => {
  const all = [section('Order', 'Retries keep it.'), section('Retries', 'In order.'), section('Other', 'Nothing.')]

  test('finds what has all words, headings first', () => {
    expect(search(all, 'retries').map((found) => found.heading)).toEqual(['Retries', 'Order'])
    expect(search(all, 'retries order nothing')).toEqual([])
    expect(search(all, '  ')).toEqual([])
  })

  test('shows the text around the first word, cut between words', () => {
    const [found] = search([section('Long', `${'before '.repeat(30)}needle ${'after '.repeat(60)}`)], 'needle')
    expect(found?.snippet).toMatch(/^… (before )+needle( after)+ …$/)
    expect(found?.snippet.length).toBeLessThan(160)
  })

  test('finds the real pages', () => {
    expect(search(sections, 'worked example')[0]?.slug).toBe('securing-webhooks')
  })
})

describe('personal', () => {
  const block = (language: string, code: string) =>
    `<pre role="group" data-language="${language}"><code>${code}</code></pre>`
  const html =
    block('bash', '$BOT9_URL/api/$BOT9_CHATBOT_ID bot_38g4k4jvm0001') +
    block('json', 'bot_38g4k4jvm0001') +
    block('js', '$BOT9_URL')

  test('fills in commands and samples, and nothing else', () => {
    expect(personal(html, 'https://b', 'bot_1')).toBe(
      block('bash', 'https://b/api/bot_1 bot_38g4k4jvm0001') + block('json', 'bot_1') + block('js', '$BOT9_URL'),
    )
    expect(personal(html, 'https://b', undefined)).toBe(html)
  })
})

const anchorsOf = async (slug: string) => {
  const page = await load(slug)
  return [page.id, ...page.headings.map((heading) => heading.id)]
}

describe('pages', () => {
  test('have only elements of ours, and links that lead somewhere', async () => {
    const slugs = groups.flatMap((group) => group.pages.map((page) => page.slug))
    for (const slug of [...slugs, 'index']) {
      const { html, headings } = await load(slug)
      expect(html).not.toMatch(/<(script|img|iframe|style|[^>]+\son\w+=)|<!--|javascript:/)
      const ids = headings.map((heading) => heading.id)
      expect(new Set(ids).size, `headings of ${slug}`).toBe(ids.length)
      for (const [, to = ''] of html.matchAll(/<a [^>]*href="([^"]*)"/g)) {
        const [, page, anchor] = to.match(/^\/docs\/([\w-]+)(?:#(.*))?$/) ?? []
        if (to.startsWith('#')) expect(ids).toContain(to.slice(1))
        else if (page) {
          expect(slugs).toContain(page)
          if (anchor) expect(await anchorsOf(page)).toContain(anchor)
        } else expect(to).toMatch(/^(https?:\/\/|\/api\/|\/docs(\/[\w.-]+)?$)/)
      }
    }
  })
})
