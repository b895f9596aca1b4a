import { Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core'
import { useState } from 'react'
import { ApiError } from '../../lib/api/client'
import type { Receiver } from '../../lib/api/shapes'
import { t } from '../../lib/strings'
import { useChangeReceiver } from './ReceiverPanel'

// ReceiverSecret sets by which secret a receiver checks signatures.
export function ReceiverSecret({ receiver, close }: { receiver: Receiver; close: () => void }) {
  const [secret, setSecret] = useState('')
  const change = useChangeReceiver(receiver)
  const save = (secret: string) => change.mutate({ secret }, { onSuccess: close })
  const wrong = change.error instanceof ApiError ? (change.error.field('secret') ?? change.error.message) : undefined
  return (
    <Modal
      opened
      onClose={close}
      title={t.tester.secretTitle}
      size="lg"
      closeButtonProps={{ 'aria-label': t.actions.close }}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault()
          save(secret.trim())
        }}
      >
        <Stack>
          <Text c="dimmed">{t.tester.secretLead}</Text>
          <TextInput
            label={t.webhooks.secret}
            placeholder="whsec_…"
            required
            data-autofocus
            autoComplete="off"
            classNames={{ input: 'mono' }}
            value={secret}
            error={wrong}
            onChange={(event) => setSecret(event.currentTarget.value)}
          />
          <Group justify="flex-end">
            {receiver.hasSecret && (
              <Button variant="default" onClick={() => save('')}>
                {t.tester.secretClear}
              </Button>
            )}
            <Button type="submit" loading={change.isPending}>
              {t.actions.save}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
