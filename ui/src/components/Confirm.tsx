import { Button, Group, Modal, Stack, Text } from '@mantine/core'
import { t } from '../lib/strings'
import { ErrorNote } from './Note'

interface ConfirmProps {
  title: string
  lead: string
  action: string
  confirm: () => void
  pending: boolean
  error: unknown
  close: () => void
}

// Confirm asks before something that can't be undone.
export function Confirm({ title, lead, action, confirm, pending, error, close }: ConfirmProps) {
  return (
    <Modal opened onClose={close} title={title} closeButtonProps={{ 'aria-label': t.actions.close }}>
      <Stack>
        <Text c="dimmed">{lead}</Text>
        <ErrorNote error={error} />
        <Group justify="flex-end">
          <Button variant="default" onClick={close} data-autofocus>
            {t.actions.cancel}
          </Button>
          <Button color="red" loading={pending} onClick={confirm}>
            {action}
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
}
