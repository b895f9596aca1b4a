import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { ApiError, answered, api } from '../../lib/api/client'
import type { components } from '../../lib/api/schema'

export type Answering = components['schemas']['AnsweringSettings']
export type AnsweringChange = components['schemas']['AnsweringChange']
export type TriedAnswer = components['schemas']['TriedAnswer']

export const answeringQuery = (chatbotId: string) =>
  queryOptions({
    queryKey: [chatbotId, 'answering'],
    queryFn: async ({ signal }) => {
      const call = api.GET('/api/{chatbotId}/answering', { signal, params: { path: { chatbotId } } })
      const settings = await answered(call)
      return { settings, etag: (await call).response.headers.get('ETag') ?? undefined }
    },
  })

// useSaveAnswering saves what was changed, unless somebody has changed it since it was read.
export function useSaveAnswering(chatbotId: string, etag: string | undefined) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: async (body: AnsweringChange) => {
      const call = api.PATCH('/api/{chatbotId}/answering', {
        params: { path: { chatbotId }, header: { 'If-Match': etag } },
        body,
      })
      const settings = await answered(call)
      return { settings, etag: (await call).response.headers.get('ETag') ?? undefined }
    },
    onSuccess: (after) => queries.setQueryData(answeringQuery(chatbotId).queryKey, after),
  })
}

export const wasOvertaken = (error: unknown) => error instanceof ApiError && error.status === 412

export function useTry(chatbotId: string) {
  return useMutation({
    mutationFn: (message: string) =>
      answered(api.POST('/api/{chatbotId}/answering/try', { params: { path: { chatbotId } }, body: { message } })),
  })
}
