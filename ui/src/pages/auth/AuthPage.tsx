import { Button, PasswordInput, Stack, Text, TextInput, Title } from '@mantine/core'
import { useDocumentTitle } from '@mantine/hooks'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate, useRouter, useSearch } from '@tanstack/react-router'
import { type FormEvent, type ReactNode, useState } from 'react'
import { ApiError, answered, api } from '../../api/client'
import { LinkAnchor } from '../../parts/links'
import { ErrorNote } from '../../parts/Note'
import { Logo } from '../../shell/Logo'
import { safePath } from '../../shell/session'
import { t } from '../../strings'
import css from './auth.module.css'
import { Lanes } from './Lanes'

export function LoginPage() {
  const { next } = useSearch({ from: '/login' })
  const [email, setEmail] = useState('')
  const [password, setPassword] = useState('')
  const queries = useQueryClient()
  const router = useRouter()
  const login = useMutation({
    mutationFn: () => answered(api.POST('/api/auth/login', { body: { email, password } })),
    onSuccess() {
      queries.clear()
      router.history.push(safePath(next))
    },
  })
  return (
    <Frame
      title={t.auth.loginTitle}
      foot={
        <>
          {t.auth.noAccount}{' '}
          <LinkAnchor component="a" underline="always" to="/signup" search={{}}>
            {t.auth.signup}
          </LinkAnchor>
        </>
      }
      onSubmit={() => login.mutate()}
    >
      <TextInput
        label={t.auth.email}
        type="email"
        autoComplete="username"
        required
        autoFocus
        value={email}
        onChange={(event) => setEmail(event.currentTarget.value)}
      />
      <PasswordInput
        label={t.auth.password}
        autoComplete="current-password"
        required
        value={password}
        onChange={(event) => setPassword(event.currentTarget.value)}
      />
      <ErrorNote error={login.error} />
      <Button type="submit" size="md" loading={login.isPending}>
        {t.auth.login}
      </Button>
    </Frame>
  )
}

export function SignupPage() {
  const { invite, email: invited } = useSearch({ from: '/signup' })
  const [name, setName] = useState('')
  const [email, setEmail] = useState(invited ?? '')
  const [password, setPassword] = useState('')
  const queries = useQueryClient()
  const navigate = useNavigate()
  const signup = useMutation({
    mutationFn: () => answered(api.POST('/api/auth/signup', { body: { name, email, password, inviteToken: invite } })),
    onSuccess() {
      queries.clear()
      return navigate({ to: '/' })
    },
  })
  const wrong = signup.error instanceof ApiError ? signup.error : undefined
  const inFields = wrong && ['name', 'email', 'password'].some((field) => wrong.field(field))
  return (
    <Frame
      title={invite ? t.auth.joinTitle : t.auth.signupTitle}
      lead={invite ? t.auth.joinLead : undefined}
      foot={
        <>
          {t.auth.haveAccount}{' '}
          <LinkAnchor component="a" underline="always" to="/login" search={{}}>
            {t.auth.login}
          </LinkAnchor>
        </>
      }
      onSubmit={() => signup.mutate()}
    >
      <TextInput
        label={t.auth.name}
        autoComplete="name"
        required
        autoFocus
        value={name}
        error={wrong?.field('name')}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <TextInput
        label={t.auth.email}
        type="email"
        autoComplete="username"
        required
        value={email}
        readOnly={Boolean(invite && invited)}
        error={wrong?.field('email')}
        onChange={(event) => setEmail(event.currentTarget.value)}
      />
      <PasswordInput
        label={t.auth.password}
        description={t.auth.passwordHint}
        autoComplete="new-password"
        required
        minLength={10}
        value={password}
        error={wrong?.field('password')}
        onChange={(event) => setPassword(event.currentTarget.value)}
      />
      {!inFields && <ErrorNote error={signup.error} />}
      <Button type="submit" size="md" loading={signup.isPending}>
        {t.auth.signup}
      </Button>
    </Frame>
  )
}

interface FrameProps {
  title: string
  lead?: string
  foot: ReactNode
  onSubmit: () => void
  children: ReactNode
}

function Frame({ title, lead, foot, onSubmit, children }: FrameProps) {
  useDocumentTitle(`${title} · Bot9`)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    onSubmit()
  }
  return (
    <div className={css.frame}>
      <main className={css.form}>
        <div className={css.brand}>
          <Logo size={30} />
          {t.product}
        </div>
        <form onSubmit={submit}>
          <Stack gap="md">
            <div>
              <Title order={1}>{title}</Title>
              {lead && (
                <Text c="dimmed" mt={6}>
                  {lead}
                </Text>
              )}
            </div>
            {children}
            <Text c="dimmed">{foot}</Text>
          </Stack>
        </form>
      </main>
      <aside className={css.pitch}>
        <Lanes />
        <p className={css.pitchTitle}>{t.auth.pitch}</p>
        <p className={css.pitchLead}>{t.auth.pitchLead}</p>
      </aside>
    </div>
  )
}
