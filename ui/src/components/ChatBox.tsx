import { Alert, useComputedColorScheme } from '@mantine/core'
import { useEffect, useRef, useState } from 'react'
import { t } from '../lib/strings'
import { loadWidget, type WidgetSettings } from '../lib/widget'

interface ChatBoxProps {
  chatbotId: string
  settings?: WidgetSettings // to show what it would look like
  height: number
}

// ChatBox is the window that visitors of a website see: the same program, in a page of ours.
export function ChatBox({ chatbotId, settings, height }: ChatBoxProps) {
  const where = useRef<HTMLDivElement>(null)
  const mounted = useRef<{ settings: (settings: WidgetSettings) => void }>(undefined)
  const newest = useRef(settings)
  const [missing, setMissing] = useState(false)
  const theme = useComputedColorScheme('light')
  const pretends = settings !== undefined
  useEffect(() => {
    let remove: (() => void) | undefined
    let gone = false
    loadWidget().then(
      (bot9) => {
        if (gone || !where.current) return
        const box = bot9.mount(where.current, {
          chatbot: chatbotId,
          theme,
          settings: pretends ? newest.current : undefined,
        })
        mounted.current = box
        remove = box?.remove
      },
      () => setMissing(true),
    )
    return () => {
      gone = true
      mounted.current = undefined
      remove?.()
    }
  }, [chatbotId, theme, pretends])
  useEffect(() => {
    newest.current = settings
    if (settings) mounted.current?.settings(settings)
  }, [settings])
  if (missing) return <Alert color="yellow">{t.widget.missing}</Alert>
  return <div ref={where} style={{ height }} />
}
