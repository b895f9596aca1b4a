import '@scalar/api-reference/style.css'
import './reference.css'
import { useComputedColorScheme } from '@mantine/core'
import { createApiReference } from '@scalar/api-reference'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import { ErrorNote } from '../../components/Note'
import { filledIn } from './reader'

// Reference is the OpenAPI document, readable. It fetches nothing from outside.
export function Reference({ chatbotId }: { chatbotId: string | undefined }) {
  const frame = useRef<HTMLDivElement>(null)
  const scheme = useComputedColorScheme('light')
  const document = useQuery({
    queryKey: ['openapi', chatbotId],
    queryFn: async () => filledIn(await (await fetch('/api/openapi.json')).text(), chatbotId),
    staleTime: Number.POSITIVE_INFINITY,
  })
  useEffect(() => {
    if (!frame.current || !document.data) return
    const place = window.document.createElement('div')
    frame.current.replaceChildren(place)
    const reference = createApiReference(place, {
      content: document.data,
      withDefaultFonts: false,
      telemetry: false,
      agent: { disabled: true },
      mcp: { disabled: true },
      hideClientButton: true,
      hideDarkModeToggle: true,
      showDeveloperTools: 'never',
      documentDownloadType: 'direct',
      forceDarkModeState: scheme,
      darkMode: scheme === 'dark',
      hiddenClients: true,
      showSidebar: true,
      searchHotKey: 'j', // K is the dashboard's own
      theme: 'none',
    })
    return () => reference.destroy()
  }, [document.data, scheme])
  if (document.isError) return <ErrorNote error={document.error} retry={document.refetch} />
  return <div ref={frame} className="reference" />
}
