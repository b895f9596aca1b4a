import { useMutation, useQueryClient } from '@tanstack/react-query'
import { answered, api, withEtag } from '../../lib/api/client'
import { answeringQuery } from '../../lib/api/queries'
import type { components } from '../../lib/api/schema'

export type Answering = components['schemas']['AnsweringSettings']
export type AnsweringChange = components['schemas']['AnsweringChange']
export type TriedAnswer = components['schemas']['TriedAnswer']

// useSaveAnswering saves what was changed, unless somebody has changed it since it was read.
export function useSaveAnswering(chatbotId: string, etag: string | undefined) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (body: AnsweringChange) =>
      withEtag(
        api.PATCH('/api/{chatbotId}/answering', {
          params: { path: { chatbotId }, header: { 'If-Match': etag } },
          body,
        }),
      ),
    onSuccess: (after) => queries.setQueryData(answeringQuery(chatbotId).queryKey, after),
  })
}

export function useTry(chatbotId: string) {
  return useMutation({
    mutationFn: (message: string) =>
      answered(api.POST('/api/{chatbotId}/answering/try', { params: { path: { chatbotId } }, body: { message } })),
  })
}
