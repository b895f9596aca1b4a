import '@mantine/notifications/styles.css'
import { Center, Loader } from '@mantine/core'
import { Notifications } from '@mantine/notifications'
import { useQuery } from '@tanstack/react-query'
import { Outlet, useLocation, useRouter } from '@tanstack/react-router'
import { useEffect } from 'react'
import { ErrorNote } from '../../components/Note'
import { ApiError } from '../../lib/api/client'
import { accountQuery, chatbotsQuery } from '../../lib/api/queries'
import { session } from '../../lib/session'
import { LoginAgain } from './LoginAgain'
import { Shell } from './Shell'

// AppLayout is for people who are logged in. The docs alone are open to all.
export function AppLayout() {
  const location = useLocation()
  const account = useQuery(accountQuery)
  const chatbots = useQuery({ ...chatbotsQuery, enabled: account.isSuccess })
  if (account.error instanceof ApiError && account.error.status === 401) {
    if (/^\/docs(\/|$)/.test(location.pathname)) return <Outlet />
    return <ToLogin />
  }
  const error = account.error ?? chatbots.error
  if (error && !(account.data && chatbots.data)) {
    return (
      <Center mih="100vh" p="lg">
        <ErrorNote
          error={error}
          retry={() => {
            void account.refetch()
            void chatbots.refetch()
          }}
        />
      </Center>
    )
  }
  if (!account.data || !chatbots.data) {
    return (
      <Center mih="100vh">
        <Loader type="dots" color="gray" />
      </Center>
    )
  }
  session.begin()
  return (
    <Shell account={account.data} chatbots={chatbots.data}>
      <Outlet />
      <LoginAgain account={account.data} />
      <Notifications position="bottom-right" />
    </Shell>
  )
}

// ToLogin leads to the login, once, and from there back to where one wanted to go.
function ToLogin() {
  const router = useRouter()
  useEffect(() => {
    const { href } = router.state.location
    void router.navigate({ to: '/login', search: { next: href === '/' ? undefined : href }, replace: true })
  }, [router])
  return null
}
