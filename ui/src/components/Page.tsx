import { Title } from '@mantine/core'
import { IconChevronLeft } from '@tabler/icons-react'
import { createLink } from '@tanstack/react-router'
import type { AnchorHTMLAttributes, ReactNode } from 'react'
import { useTitle } from '../lib/title'
import css from './parts.module.css'

interface PageProps {
  title: string
  beside?: ReactNode // stands beside the title
  lead?: ReactNode
  actions?: ReactNode
  back?: ReactNode
  children: ReactNode
}

export function Page({ title, beside, lead, actions, back, children }: PageProps) {
  useTitle(title)
  return (
    <div className={css.page}>
      {back}
      <header className={css.pageHead}>
        <div className={css.pageWords}>
          <Title order={1} className="wrap-anywhere">
            {title}
            {beside}
          </Title>
          {lead && <div className={css.lead}>{lead}</div>}
        </div>
        {actions}
      </header>
      {children}
    </div>
  )
}

function BackAnchor({ children, ...anchor }: AnchorHTMLAttributes<HTMLAnchorElement>) {
  return (
    <a {...anchor} className={css.back}>
      <IconChevronLeft size={15} aria-hidden />
      {children}
    </a>
  )
}

export const Back = createLink(BackAnchor)
