import { Button, Group, Modal, Select, Stack, Text, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { CopyField } from '../../components/Copy'
import { ErrorNote } from '../../components/Note'
import { answered, api } from '../../lib/api/client'
import { membersQuery } from '../../lib/api/queries'
import type { Role } from '../../lib/api/shapes'
import { useMay } from '../../lib/permissions'
import { t } from '../../lib/strings'
import { roleOptions } from './MembersPage'

export function InviteMember({ close }: { close: () => void }) {
  const [email, setEmail] = useState('')
  const [role, setRole] = useState<Role>('developer')
  const isOwner = useMay('owner')
  const queries = useQueryClient()
  const invite = useMutation({
    mutationFn: () => answered(api.POST('/api/auth/members', { body: { email, role } })),
    onSuccess: () => queries.invalidateQueries(membersQuery),
  })
  if (invite.data) {
    return (
      <Modal opened onClose={close} title={t.members.inviteLink} closeOnClickOutside={false} withCloseButton={false}>
        <Stack>
          <Text c="dimmed">{t.members.inviteLead(invite.data.email)}</Text>
          <CopyField value={invite.data.inviteUrl} label={t.members.inviteLink} />
          <Button onClick={close}>{t.actions.done}</Button>
        </Stack>
      </Modal>
    )
  }
  return (
    <Modal opened onClose={close} title={t.members.inviteTitle} closeButtonProps={{ 'aria-label': t.actions.close }}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          invite.mutate()
        }}
      >
        <Stack>
          <TextInput
            label={t.members.email}
            type="email"
            required
            data-autofocus
            value={email}
            onChange={(event) => setEmail(event.currentTarget.value)}
          />
          <Select
            label={t.members.role}
            description={t.account.roleLead[role]}
            data={roleOptions(isOwner)}
            value={role}
            allowDeselect={false}
            onChange={(value) => value && setRole(value as Role)}
          />
          <ErrorNote error={invite.error} />
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              {t.actions.cancel}
            </Button>
            <Button type="submit" loading={invite.isPending}>
              {t.members.send}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
