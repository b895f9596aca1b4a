import { QueryCache, QueryClient } from '@tanstack/react-query'
import { ApiError } from './api/client'
import { accountQuery } from './api/queries'

export const queryClient = new QueryClient({
  queryCache: new QueryCache({
    onError(error, query) {
      // A session that ended shows first in any query; the account's own then leads to the login.
      if (!(error instanceof ApiError) || error.status !== 401) return
      if (query.queryKey[0] !== accountQuery.queryKey[0]) void queryClient.invalidateQueries(accountQuery)
    },
  }),
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
