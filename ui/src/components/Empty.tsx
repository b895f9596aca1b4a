import { Title } from '@mantine/core'
import type { TablerIcon } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import css from './parts.module.css'

interface EmptyProps {
  icon: TablerIcon
  title: string
  children?: ReactNode
  action?: ReactNode
}

// Empty says what will be here, and the next step towards it.
export function Empty({ icon: Icon, title, children, action }: EmptyProps) {
  return (
    <div className={css.empty}>
      <span className={css.emptyMark}>
        <Icon size={22} stroke={1.6} aria-hidden />
      </span>
      <Title order={2}>{title}</Title>
      {children && <p style={{ margin: 0 }}>{children}</p>}
      {action && <div style={{ marginTop: 12 }}>{action}</div>}
    </div>
  )
}
