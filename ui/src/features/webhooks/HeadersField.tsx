import { ActionIcon, Button, Input, Stack, TextInput } from '@mantine/core'
import { IconPlus, IconTrash } from '@tabler/icons-react'
import { t } from '../../lib/strings'
import type { Draft } from './draft'
import css from './webhooks.module.css'

interface HeadersFieldProps {
  headers: Draft['headers']
  onChange: (headers: Draft['headers']) => void
  error?: string
}

export function HeadersField({ headers, onChange, error }: HeadersFieldProps) {
  const change = (id: number, to: { name?: string; value?: string }) =>
    onChange(headers.map((header) => (header.id === id ? { ...header, ...to } : header)))
  const nextId = Math.max(0, ...headers.map((header) => header.id)) + 1
  return (
    <Input.Wrapper label={t.webhooks.headers} description={t.webhooks.headersHint} error={error} labelElement="div">
      <Stack gap="xs" mt={6} align="stretch">
        {headers.map((header) => (
          <div key={header.id} className={css.header}>
            <TextInput
              aria-label={t.webhooks.headerName}
              placeholder="X-Api-Key"
              value={header.name}
              onChange={(event) => change(header.id, { name: event.currentTarget.value })}
            />
            <TextInput
              aria-label={t.webhooks.headerValue}
              value={header.value}
              onChange={(event) => change(header.id, { value: event.currentTarget.value })}
            />
            <ActionIcon
              variant="subtle"
              aria-label={t.webhooks.headerRemove(header.name)}
              onClick={() => onChange(headers.filter((each) => each.id !== header.id))}
            >
              <IconTrash size={16} />
            </ActionIcon>
          </div>
        ))}
        <div>
          <Button
            variant="default"
            size="xs"
            leftSection={<IconPlus size={14} />}
            onClick={() => onChange([...headers, { id: nextId, name: '', value: '' }])}
          >
            {t.webhooks.headerAdd}
          </Button>
        </div>
      </Stack>
    </Input.Wrapper>
  )
}
