import { QueryClient } from '@tanstack/react-query'
import { ApiError } from '../lib/api/client'

// A session that has ended is no matter of single queries and mutations: lib/api/client.ts notices it.
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      // What the server refuses it refuses again; what did not reach it may reach it later.
      retry: (failures, error) =>
        failures < 3 && error instanceof ApiError && (error.status === 0 || error.status >= 500),
      retryDelay: (failures) => Math.min(500 * 2 ** failures, 4_000),
      networkMode: 'always',
    },
    mutations: { networkMode: 'always' },
  },
})
