import { Button } from '@mantine/core'
import { IconAlertTriangle, IconCircleCheck, IconExclamationCircle, IconInfoCircle } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { messageOf } from '../lib/api/client'
import { t } from '../lib/strings'
import css from './parts.module.css'

const icons = { ok: IconCircleCheck, warn: IconAlertTriangle, bad: IconExclamationCircle, info: IconInfoCircle }

interface NoteProps {
  tone: keyof typeof icons
  title?: ReactNode
  children?: ReactNode
  action?: ReactNode
}

export function Note({ tone, title, children, action }: NoteProps) {
  const Icon = icons[tone]
  return (
    <div className={`${css.note} ${css[tone]}`} role={tone === 'bad' ? 'alert' : undefined}>
      <Icon size={19} aria-hidden />
      <div style={{ flex: 1, minWidth: 0 }}>
        {title && <div className={css.noteTitle}>{title}</div>}
        {children && <div style={{ color: 'var(--b9-ink)', marginTop: title ? 2 : 0 }}>{children}</div>}
      </div>
      {action}
    </div>
  )
}

export function ErrorNote({ error, retry }: { error: unknown; retry?: () => void }) {
  if (!error) return null
  return (
    <Note
      tone="bad"
      title={messageOf(error)}
      action={
        retry && (
          <Button size="xs" variant="default" onClick={retry}>
            {t.actions.tryAgain}
          </Button>
        )
      }
    />
  )
}
