import createClient, { type Middleware } from 'openapi-fetch'
import { session } from '../session'
import { t } from '../strings'
import type { paths } from './schema'
import type { Problem } from './shapes'

export const api = createClient<paths>({ baseUrl: '/', credentials: 'same-origin' })

// The one place for a session that has ended, whatever call notices it: it is made again after the next login.
const whenEnded: Middleware = {
  onRequest({ request }) {
    again.set(request, request.clone())
  },
  async onResponse({ request, response, schemaPath }) {
    const copy = again.get(request)
    if (response.status !== 401 || !copy || schemaPath === '/api/auth/login') return response
    return (await session.ended()) ? fetch(copy) : response
  },
}

const again = new WeakMap<Request, Request>()

api.use(whenEnded)

// ApiError is what the server said against a call, or that it could not be reached (status 0).
export class ApiError extends Error {
  readonly status: number
  readonly code: string
  readonly fields: { location: string; message: string }[]

  constructor(status: number, problem: Partial<Problem>) {
    super(problem.detail || problem.title || t.errors.unknown)
    this.status = status
    this.code = problem.code ?? ''
    this.fields = problem.errors ?? []
  }

  // What is wrong with one value of the body, such as "events" or "url".
  field(name: string): string | undefined {
    const place = `body.${name}`
    return this.fields.find((field) => field.location === place || field.location.startsWith(`${place}[`))?.message
  }
}

interface Answer<T> {
  data?: T
  error?: unknown
  response: Response
}

// answered returns the data of a call, or throws an ApiError.
export async function answered<T>(call: Promise<Answer<T>>): Promise<T> {
  let answer: Answer<T>
  try {
    answer = await call
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    throw new ApiError(0, { detail: t.errors.unreachable })
  }
  if (!answer.response.ok) {
    const problem = typeof answer.error === 'object' && answer.error ? (answer.error as Partial<Problem>) : {}
    throw new ApiError(answer.response.status, problem)
  }
  return answer.data as T
}

// withEtag returns the data of a call with its ETag, to change it only if nobody else has meanwhile.
export async function withEtag<T>(call: Promise<Answer<T>>): Promise<{ data: T; etag: string | undefined }> {
  const data = await answered(call)
  return { data, etag: (await call).response.headers.get('ETag') ?? undefined }
}

export const PRECONDITION_FAILED = 412

// wasOvertaken tells that somebody else has changed it since it was read.
export const wasOvertaken = (error: unknown) => error instanceof ApiError && error.status === PRECONDITION_FAILED

interface ListPage<T> {
  data: T[]
  nextCursor: string | null
}

// all reads every page of a list. Those that are read this way are short: webhooks, keys, members.
export async function all<T>(
  page: (query: { limit: number; cursor?: string }) => Promise<Answer<ListPage<T>>>,
): Promise<T[]> {
  const items: T[] = []
  let cursor: string | undefined
  do {
    const part = await answered(page({ limit: 250, cursor }))
    items.push(...part.data)
    cursor = part.nextCursor ?? undefined
  } while (cursor)
  return items
}

// messageOf puts whatever was thrown into words.
export function messageOf(error: unknown): string {
  if (!(error instanceof ApiError)) return t.errors.unknown
  const [field] = error.fields
  return field && error.fields.length === 1 ? field.message : error.message
}
