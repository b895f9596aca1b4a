import { queryOptions } from '@tanstack/react-query'
import { ApiError } from '../../api/client'
import { t } from '../../strings'

// Received is a delivery as the built-in receiver saw it.
export interface Received {
  receivedAt: string
  headers: Record<string, string>
  body: string
  verified: boolean
  problem?: string
}

const POLL_MS = 1_500

// receiverToken is the private part of a URL of this server's receiver, undefined for any other.
export function receiverToken(url: string, origin = window.location.origin): string | undefined {
  let parsed: URL
  try {
    parsed = new URL(url)
  } catch {
    return undefined
  }
  return parsed.origin === origin ? parsed.pathname.match(/^\/receiver\/([^/]+)$/)?.[1] : undefined
}

// receivedQuery reads the receiver's inbox, newest first; null where it has forgotten the token.
export const receivedQuery = (token: string) =>
  queryOptions({
    queryKey: ['receiver', token],
    async queryFn(): Promise<Received[] | null> {
      const answer = await fetch(`/receiver/${encodeURIComponent(token)}`).catch(() => undefined)
      if (answer?.status === 404) return null
      if (!answer?.ok) throw new ApiError(answer?.status ?? 0, { detail: answer ? undefined : t.errors.unreachable })
      return ((await answer.json()) as { data: Received[] }).data
    },
    refetchInterval: POLL_MS,
  })
