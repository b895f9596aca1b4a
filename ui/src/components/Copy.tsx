import { ActionIcon, Button, Tooltip } from '@mantine/core'
import { useClipboard } from '@mantine/hooks'
import { IconCheck, IconCopy } from '@tabler/icons-react'
import { t } from '../lib/strings'
import css from './parts.module.css'

interface CopyProps {
  value: string
  label?: string // names what is copied, for screen readers
}

export function CopyIcon({ value, label }: CopyProps) {
  const { copied, copy } = useClipboard({ timeout: 1500 })
  const words = copied ? t.actions.copied : label ? t.actions.copyWhat(label) : t.actions.copy
  return (
    <Tooltip label={words}>
      <ActionIcon
        variant="subtle"
        size="md"
        className={css.codeCopy}
        aria-label={words}
        onClick={(event) => {
          event.preventDefault()
          event.stopPropagation()
          copy(value)
        }}
      >
        {copied ? <IconCheck size={16} /> : <IconCopy size={16} />}
      </ActionIcon>
    </Tooltip>
  )
}

export function CopyButton({ value, label }: Required<CopyProps>) {
  const { copied, copy } = useClipboard({ timeout: 1500 })
  return (
    <Button
      variant="default"
      leftSection={copied ? <IconCheck size={16} /> : <IconCopy size={16} />}
      onClick={() => copy(value)}
    >
      {copied ? t.actions.copied : label}
    </Button>
  )
}

// CopyField shows a value that is made to be taken elsewhere.
export function CopyField({ value, label }: Required<CopyProps>) {
  return (
    <div className={css.field}>
      <code className={`${css.fieldText} mono`}>{value}</code>
      <CopyIcon value={value} label={label} />
    </div>
  )
}

// Id is an ID with what copies it.
export function Id({ id }: { id: string }) {
  return (
    <span className={css.id}>
      <code className="mono">{id}</code>
      <CopyIcon value={id} label={id} />
    </span>
  )
}
