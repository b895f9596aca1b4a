import { useMutation } from '@tanstack/react-query'
import { answered, api } from '../../lib/api/client'

export const useLogin = (onSuccess: (account: Awaited<ReturnType<typeof login>>) => void) =>
  useMutation({ mutationFn: login, onSuccess })

const login = (body: { email: string; password: string }) => answered(api.POST('/api/auth/login', { body }))

export interface Signup {
  name: string
  email: string
  password: string
  inviteToken: string | undefined
}

export const useSignup = (onSuccess: () => unknown) =>
  useMutation({
    mutationFn: (body: Signup) => answered(api.POST('/api/auth/signup', { body })),
    onSuccess,
  })
