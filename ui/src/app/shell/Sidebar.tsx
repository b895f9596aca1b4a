import { CloseButton, VisuallyHidden } from '@mantine/core'
import {
  IconActivity,
  IconBook2,
  IconFlask,
  IconInbox,
  IconKey,
  IconLayoutDashboard,
  IconMessageCircle,
  IconNotebook,
  IconRobot,
  IconSearch,
  IconUsers,
  IconWebhook,
  type TablerIcon,
} from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { createLink, Link, useLocation } from '@tanstack/react-router'
import type { AnchorHTMLAttributes } from 'react'
import { Logo } from '../../components/Logo'
import { countsQuery } from '../../lib/api/queries'
import type { AccountInfo, Chatbot } from '../../lib/api/shapes'
import { counted } from '../../lib/format/numbers'
import { t } from '../../lib/strings'
import { AccountMenu } from './AccountMenu'
import { ChatbotSwitcher } from './ChatbotSwitcher'
import css from './shell.module.css'

const isMac = /Mac|iPhone|iPad/.test(navigator.platform)

interface SidebarProps {
  account: AccountInfo
  chatbots: Chatbot[]
  current: Chatbot | undefined
  close: () => void
  openPalette: () => void
}

interface ItemProps extends AnchorHTMLAttributes<HTMLAnchorElement> {
  icon: TablerIcon
  count?: string // of what waits there
  'data-inside'?: boolean // a page below the item's own is open
}

function ItemAnchor({ icon: Icon, count, children, ...anchor }: ItemProps) {
  return (
    <a {...anchor} className={css.item}>
      <Icon size={18} stroke={1.7} aria-hidden />
      {children}
      {count !== undefined && count !== '' && (
        <span className={css.count}>
          <span aria-hidden>{count}</span>
          <VisuallyHidden> ({t.nav.waiting(count)})</VisuallyHidden>
        </span>
      )}
    </a>
  )
}

const Item = createLink(ItemAnchor)

export function Sidebar({ account, chatbots, current, close, openPalette }: SidebarProps) {
  return (
    <>
      <div className={css.top}>
        <Link to="/" className={css.brand}>
          <Logo />
          {t.product}
        </Link>
        <CloseButton hiddenFrom="sm" onClick={close} aria-label={t.actions.close} />
      </div>
      <ChatbotSwitcher chatbots={chatbots} current={current} />
      <button type="button" className={css.search} onClick={openPalette}>
        <IconSearch size={16} aria-hidden />
        <span style={{ flex: 1 }}>{t.palette.open}</span>
        <kbd className={css.kbd}>{t.palette.shortcut(isMac)}</kbd>
      </button>
      <nav aria-label={t.nav.label} className={css.nav}>
        {current && <ChatbotItems chatbotId={current.id} />}
        <div className={css.gap} />
        <Item to="/docs" icon={IconBook2}>
          {t.nav.docs}
        </Item>
        <Item to="/members" icon={IconUsers}>
          {t.nav.members}
        </Item>
      </nav>
      <AccountMenu account={account} />
    </>
  )
}

const countText = (n = 0) => (n === 0 ? '' : counted(n))

function ChatbotItems({ chatbotId }: { chatbotId: string }) {
  const params = { chatbotId }
  const { data: counts } = useQuery(countsQuery(chatbotId))
  const { pathname } = useLocation()
  const ofWebhooks = /^\/[^/]+\/(webhooks|deliveries)\//.test(pathname)
  return (
    <>
      <Item to="/$chatbotId/overview" params={params} icon={IconLayoutDashboard}>
        {t.nav.overview}
      </Item>
      <Item to="/$chatbotId/inbox" params={params} icon={IconInbox} count={countText(counts?.waiting)}>
        {t.nav.inbox}
      </Item>
      <Item to="/$chatbotId/knowledge" params={params} icon={IconNotebook}>
        {t.nav.knowledge}
      </Item>
      <div className={css.heading}>{t.nav.settings}</div>
      <Item to="/$chatbotId/settings/keys" params={params} icon={IconKey}>
        {t.nav.keys}
      </Item>
      <Item to="/$chatbotId/settings/answering" params={params} icon={IconRobot}>
        {t.nav.answering}
      </Item>
      <Item to="/$chatbotId/settings/widget" params={params} icon={IconMessageCircle}>
        {t.nav.widget}
      </Item>
      <Item to="/$chatbotId/webhooks" params={params} icon={IconWebhook} data-inside={ofWebhooks || undefined}>
        {t.webhooks.title}
      </Item>
      <div className={css.gap} />
      <Item to="/$chatbotId/events" params={params} icon={IconActivity}>
        {t.nav.events}
      </Item>
      <Item to="/$chatbotId/tester" params={params} icon={IconFlask}>
        {t.nav.tester}
      </Item>
    </>
  )
}
