import { Button, PasswordInput, Stack, Text, TextInput, Title } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useDocumentTitle } from '@mantine/hooks'
import { useQueryClient } from '@tanstack/react-query'
import { useNavigate, useRouter, useSearch } from '@tanstack/react-router'
import type { FormEvent, ReactNode } from 'react'
import { LinkAnchor } from '../../components/LinkAnchor'
import { Logo } from '../../components/Logo'
import { ErrorNote } from '../../components/Note'
import { fromProblem, unplaced } from '../../lib/api/problems'
import { safePath } from '../../lib/session'
import { t } from '../../lib/strings'
import css from './auth.module.css'
import { Lanes } from './Lanes'
import { useLogin, useSignup } from './mutations'

export function LoginPage() {
  const { next } = useSearch({ from: '/login' })
  const form = useForm({ initialValues: { email: '', password: '' } })
  const queries = useQueryClient()
  const router = useRouter()
  const login = useLogin(() => {
    queries.clear()
    router.history.push(safePath(next))
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
      onSubmit={form.onSubmit((values) => login.mutate(values))}
    >
      <TextInput
        label={t.auth.email}
        type="email"
        autoComplete="username"
        required
        autoFocus
        {...form.getInputProps('email')}
      />
      <PasswordInput
        label={t.auth.password}
        autoComplete="current-password"
        required
        {...form.getInputProps('password')}
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
  const form = useForm({ initialValues: { name: '', email: invited ?? '', password: '' } })
  const queries = useQueryClient()
  const navigate = useNavigate()
  const signup = useSignup(() => {
    queries.clear()
    return navigate({ to: '/' })
  })
  const submit = form.onSubmit((values) =>
    signup.mutate({ ...values, inviteToken: invite }, { onError: (error) => form.setErrors(fromProblem(error)) }),
  )
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
      onSubmit={submit}
    >
      <TextInput label={t.auth.name} autoComplete="name" required autoFocus {...form.getInputProps('name')} />
      <TextInput
        label={t.auth.email}
        type="email"
        autoComplete="username"
        required
        readOnly={Boolean(invite && invited)}
        {...form.getInputProps('email')}
      />
      <PasswordInput
        label={t.auth.password}
        description={t.auth.passwordHint}
        autoComplete="new-password"
        required
        minLength={10}
        {...form.getInputProps('password')}
      />
      <ErrorNote error={unplaced(signup.error, form.values)} />
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
  onSubmit: (event?: FormEvent<HTMLFormElement>) => void
  children: ReactNode
}

function Frame({ title, lead, foot, onSubmit, children }: FrameProps) {
  useDocumentTitle(`${title} · Bot9`)
  return (
    <div className={css.frame}>
      <main className={css.form}>
        <div className={css.brand}>
          <Logo size={30} />
          {t.product}
        </div>
        <form onSubmit={onSubmit}>
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
