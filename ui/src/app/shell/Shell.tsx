import { AppShell, Burger, Group } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { Link, useLocation, useParams } from '@tanstack/react-router'
import { lazy, type ReactNode, Suspense, useEffect, useState } from 'react'
import { Logo } from '../../components/Logo'
import type { AccountInfo, Chatbot } from '../../lib/api/shapes'
import { lastChatbot } from '../../lib/session'
import { t } from '../../lib/strings'
import { Sidebar } from './Sidebar'
import css from './shell.module.css'

const CommandPalette = lazy(() => import('./CommandPalette').then((module) => ({ default: module.CommandPalette })))

interface ShellProps {
  account: AccountInfo
  chatbots: Chatbot[]
  children: ReactNode
}

export function Shell({ account, chatbots, children }: ShellProps) {
  const [opened, { toggle, close }] = useDisclosure()
  const [palette, setPalette] = useState(false)
  const { pathname } = useLocation()
  const { chatbotId } = useParams({ strict: false })
  const wanted = chatbotId ?? lastChatbot()
  const current = chatbots.find((chatbot) => chatbot.id === wanted) ?? chatbots[0]

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new page closes the drawer
  useEffect(close, [pathname, close])
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== 'k' || !(event.metaKey || event.ctrlKey)) return
      event.preventDefault()
      setPalette(true)
    }
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  }, [])

  return (
    <AppShell
      layout="alt"
      navbar={{ width: 240, breakpoint: 'sm', collapsed: { mobile: !opened } }}
      header={{ height: { base: 56, sm: 0 } }}
      withBorder={false}
    >
      <a href="#content" className={css.skip}>
        {t.nav.skip}
      </a>
      <AppShell.Header hiddenFrom="sm" className={css.header}>
        <Group h="100%" px="md" gap="sm">
          <Burger opened={opened} onClick={toggle} size="sm" aria-label={t.nav.open} aria-expanded={opened} />
          <Link to="/" className={css.brand}>
            <Logo size={24} />
            {t.product}
          </Link>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar className={css.navbar}>
        <Sidebar
          account={account}
          chatbots={chatbots}
          current={current}
          close={close}
          openPalette={() => setPalette(true)}
        />
      </AppShell.Navbar>
      <AppShell.Main id="content" tabIndex={-1} className={css.main}>
        {children}
      </AppShell.Main>
      {palette && (
        <Suspense fallback={null}>
          <CommandPalette chatbots={chatbots} current={current} close={() => setPalette(false)} />
        </Suspense>
      )}
    </AppShell>
  )
}
