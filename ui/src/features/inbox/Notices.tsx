import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useEffect, useRef } from 'react'
import { countsQuery } from '../../lib/api/queries'
import { chime, notices, showNotice } from '../../lib/notices'
import { tabCount } from '../../lib/title'
import { words } from './strings'

// Notices puts into the tab's title how many conversations wait, and tells of more of them.
export function Notices({ chatbotId }: { chatbotId: string }) {
  const { data: counts } = useQuery(countsQuery(chatbotId))
  const navigate = useNavigate()
  const before = useRef<{ waiting: number; unread: number }>(undefined)
  const waiting = counts?.waiting ?? 0
  useEffect(() => {
    tabCount.set(waiting)
    return () => tabCount.set(0)
  }, [waiting])
  useEffect(() => {
    if (!counts) return
    const last = before.current
    before.current = counts
    if (!last || notices.get() !== 'on') return
    const open = (queue: 'waiting' | 'mine') =>
      void navigate({ to: '/$chatbotId/inbox', params: { chatbotId }, search: { queue } })
    if (counts.waiting > last.waiting) {
      chime()
      showNotice(words.notices.waits(counts.waiting), words.notices.body, () => open('waiting'))
    } else if (counts.unread > last.unread) {
      chime()
      showNotice(words.notices.unread(counts.unread), words.notices.body, () => open('mine'))
    }
  }, [counts, navigate, chatbotId])
  return null
}
