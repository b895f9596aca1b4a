import { Button, Group, Modal, Select, Stack, Text, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { Confirm } from '../../components/Confirm'
import { CopyField } from '../../components/Copy'
import { ErrorNote } from '../../components/Note'
import { answered, api } from '../../lib/api/client'
import { keysQuery } from '../../lib/api/queries'
import type { Key } from '../../lib/api/shapes'
import { t } from '../../lib/strings'

interface DialogProps {
  chatbotId: string
  close: () => void
}

export function CreateKey({ chatbotId, close }: DialogProps) {
  const [name, setName] = useState('')
  const queries = useQueryClient()
  const create = useMutation({
    mutationFn: () => answered(api.POST('/api/{chatbotId}/keys', { params: { path: { chatbotId } }, body: { name } })),
    onSuccess: () => queries.invalidateQueries(keysQuery(chatbotId)),
  })
  if (create.data) return <SecretShown secret={create.data.secret} close={close} />
  return (
    <Modal opened onClose={close} title={t.keys.createTitle} closeButtonProps={{ 'aria-label': t.actions.close }}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          create.mutate()
        }}
      >
        <Stack>
          <TextInput
            label={t.keys.name}
            description={t.keys.nameHint}
            placeholder={t.keys.namePlaceholder}
            value={name}
            maxLength={100}
            data-autofocus
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <ErrorNote error={create.error} />
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              {t.actions.cancel}
            </Button>
            <Button type="submit" loading={create.isPending}>
              {t.keys.create}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}

export function RotateKey({ chatbotId, secretKey, close }: DialogProps & { secretKey: Key }) {
  const [overlap, setOverlap] = useState('86400')
  const queries = useQueryClient()
  const rotate = useMutation({
    mutationFn: () =>
      answered(
        api.POST('/api/{chatbotId}/keys/{keyId}/rotate', {
          params: { path: { chatbotId, keyId: secretKey.id } },
          body: { overlapSeconds: Number(overlap) },
        }),
      ),
    onSuccess: () => queries.invalidateQueries(keysQuery(chatbotId)),
  })
  if (rotate.data) return <SecretShown secret={rotate.data.secret} close={close} />
  return (
    <Modal
      opened
      onClose={close}
      title={t.keys.rotateTitle(secretKey.name || t.keys.unnamed)}
      closeButtonProps={{ 'aria-label': t.actions.close }}
    >
      <Stack>
        <Text c="dimmed">{t.keys.rotateLead}</Text>
        <Select
          label={t.keys.overlap}
          data={Object.entries(t.keys.overlaps).map(([value, label]) => ({ value, label }))}
          value={overlap}
          onChange={(value) => value && setOverlap(value)}
          allowDeselect={false}
        />
        <ErrorNote error={rotate.error} />
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            {t.actions.cancel}
          </Button>
          <Button loading={rotate.isPending} onClick={() => rotate.mutate()}>
            {t.keys.rotate}
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
}

export function RevokeKey({ chatbotId, secretKey, close }: DialogProps & { secretKey: Key }) {
  const queries = useQueryClient()
  const revoke = useMutation({
    mutationFn: () =>
      answered(api.DELETE('/api/{chatbotId}/keys/{keyId}', { params: { path: { chatbotId, keyId: secretKey.id } } })),
    onSuccess() {
      close()
      return queries.invalidateQueries(keysQuery(chatbotId))
    },
  })
  return (
    <Confirm
      title={t.keys.revokeTitle(secretKey.name || t.keys.unnamed)}
      lead={t.keys.revokeLead}
      action={t.keys.revoke}
      confirm={() => revoke.mutate()}
      pending={revoke.isPending}
      error={revoke.error}
      close={close}
    />
  )
}

function SecretShown({ secret, close }: { secret: string; close: () => void }) {
  return (
    <Modal opened onClose={close} title={t.keys.secretTitle} closeOnClickOutside={false} withCloseButton={false}>
      <Stack>
        <Text c="dimmed">{t.keys.secretLead}</Text>
        <CopyField value={secret} label={t.chatbots.key} />
        <Button onClick={close}>{t.keys.stored}</Button>
      </Stack>
    </Modal>
  )
}
