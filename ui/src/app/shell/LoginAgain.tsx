import { Button, Group, Modal, PasswordInput, Stack, Text, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useQueryClient } from '@tanstack/react-query'
import { useSyncExternalStore } from 'react'
import { ErrorNote } from '../../components/Note'
import { useLogin } from '../../features/auth/mutations'
import { accountQuery } from '../../lib/api/queries'
import type { AccountInfo } from '../../lib/api/shapes'
import { session } from '../../lib/session'
import { t } from '../../lib/strings'

// LoginAgain stands over the page when the session has ended: whatever was being done there goes on after it.
export function LoginAgain({ account }: { account: AccountInfo }) {
  const ended = useSyncExternalStore(session.subscribe, session.isEnded)
  return ended ? <Dialog account={account} /> : null
}

function Dialog({ account }: { account: AccountInfo }) {
  const queries = useQueryClient()
  const form = useForm({ initialValues: { email: account.email, password: '' } })
  const login = useLogin((fresh) => {
    if (fresh.id !== account.id) return window.location.assign('/') // another account's pages are not these
    queries.setQueryData(accountQuery.queryKey, fresh)
    session.settle(true)
    void queries.invalidateQueries()
  })
  function leave() {
    session.settle(false)
    window.location.assign(`/login?next=${encodeURIComponent(window.location.pathname + window.location.search)}`)
  }
  return (
    <Modal
      opened
      onClose={() => {}}
      withCloseButton={false}
      closeOnEscape={false}
      title={t.auth.againTitle}
      zIndex={400}
    >
      <form onSubmit={form.onSubmit((values) => login.mutate(values))}>
        <Stack>
          <Text c="dimmed">{t.auth.againLead}</Text>
          <TextInput
            label={t.auth.email}
            type="email"
            autoComplete="username"
            required
            {...form.getInputProps('email')}
          />
          <PasswordInput
            label={t.auth.password}
            autoComplete="current-password"
            required
            data-autofocus
            {...form.getInputProps('password')}
          />
          <ErrorNote error={login.error} />
          <Group justify="flex-end">
            <Button variant="default" onClick={leave}>
              {t.auth.leave}
            </Button>
            <Button type="submit" loading={login.isPending}>
              {t.auth.login}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
