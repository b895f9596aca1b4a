import type { Compiled } from 'virtual:docs'
import { useRouter } from '@tanstack/react-router'
import { type MouseEvent, useEffect, useMemo } from 'react'
import { t } from '../../lib/strings'
import css from './docs.module.css'
import { personal, type Reader } from './reader'

const COPIED_MS = 1500

// Article shows a page. Its HTML was made of the repository's own Markdown when the dashboard was
// built; nothing of it comes from the server or from people.
export function Article({ page, reader }: { page: Compiled; reader: Reader }) {
  const router = useRouter()
  const html = useMemo(() => personal(page.html, window.location.origin, reader.chatbotId), [page, reader.chatbotId])
  // biome-ignore lint/correctness/useExhaustiveDependencies: the headings are there once the html is
  useEffect(() => goTo(router.state.location.hash), [html])
  const onClick = (event: MouseEvent) => {
    const target = event.target as HTMLElement
    const button = target.closest<HTMLButtonElement>('button.copy')
    if (button) return copy(button)
    const link = target.closest('a')
    const href = link?.getAttribute('href')
    if (!href || event.metaKey || event.ctrlKey || event.shiftKey) return
    if (!/^(#|\/docs(\/[\w-]+)?(#|$))/.test(href)) return // not a page: the browser's own way
    event.preventDefault()
    const { pathname } = router.state.location
    router.history.push(href.startsWith('#') ? pathname + href : href)
    if (href.startsWith('#')) goTo(href.slice(1))
  }
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: what is clicked are the links and buttons inside
    // biome-ignore lint/a11y/useKeyWithClickEvents: which keys press too
    <div
      id={page.id}
      className={css.article}
      onClick={onClick}
      // biome-ignore lint/security/noDangerouslySetInnerHtml: see above
      dangerouslySetInnerHTML={{ __html: html }}
    />
  )
}

function goTo(hash: string) {
  if (hash) document.getElementById(decodeURIComponent(hash))?.scrollIntoView()
}

function copy(button: HTMLButtonElement) {
  const code = button.parentElement?.querySelector('code')?.textContent ?? ''
  const words = button.textContent
  if (words === t.docs.copied) return
  void navigator.clipboard.writeText(code).then(() => {
    button.textContent = t.docs.copied
    setTimeout(() => {
      button.textContent = words
    }, COPIED_MS)
  })
}
