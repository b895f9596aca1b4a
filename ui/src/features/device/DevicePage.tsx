import { Button, Stack, Text, TextInput } from '@mantine/core'
import { useDocumentTitle } from '@mantine/hooks'
import { queryOptions, useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { ErrorNote } from '../../components/Note'
import { Panel } from '../../components/Panel'
import { answered, api } from '../../lib/api/client'
import { t } from '../../lib/strings'
import { Decision } from './Decision'
import css from './device.module.css'

const deviceQuery = (userCode: string) =>
  queryOptions({
    queryKey: ['device', userCode],
    queryFn: () => answered(api.GET('/api/auth/device/{userCode}', { params: { path: { userCode } } })),
    retry: false,
    staleTime: 0,
    gcTime: 0,
  })

// DevicePage is where somebody lets a program, such as the command line, have a key.
export function DevicePage() {
  const { code } = useSearch({ from: '/app/device' })
  const login = useQuery({ ...deviceQuery(code ?? ''), enabled: code !== undefined })
  useDocumentTitle(`${t.device.title} · Bot9`)
  return (
    <div className={css.page}>
      <div className={css.column}>
        <h1 className={css.title}>{t.device.title}</h1>
        {login.data ? (
          <Decision key={login.data.userCode} login={login.data} />
        ) : (
          <Panel padded>
            {login.isLoading ? <Text c="dimmed">{t.device.looking}</Text> : <CodeForm error={login.error} />}
          </Panel>
        )}
      </div>
    </div>
  )
}

function CodeForm({ error }: { error: unknown }) {
  const [typed, setTyped] = useState('')
  const navigate = useNavigate()
  const submit = (event: FormEvent) => {
    event.preventDefault()
    void navigate({ to: '/device', search: { code: typed.trim().toUpperCase() } })
  }
  return (
    <form onSubmit={submit}>
      <Stack>
        <ErrorNote error={error} />
        <TextInput
          label={t.device.code}
          description={t.device.codeHint}
          placeholder="XXXX-XXXX"
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
          classNames={{ input: css.input }}
          autoComplete="off"
          autoCapitalize="characters"
          spellCheck={false}
          maxLength={20}
          required
          autoFocus
        />
        <Button type="submit">{t.device.next}</Button>
      </Stack>
    </form>
  )
}
