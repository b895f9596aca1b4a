import { Skeleton } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { Back, Page } from '../../components/Page'
import { answered, api } from '../../lib/api/client'
import { receiversQuery } from '../../lib/api/queries'
import { useChatbotId } from '../../lib/permissions'
import { t } from '../../lib/strings'
import { bodyOf, type Draft, emptyDraft } from './draft'
import { WebhookForm } from './WebhookForm'
import { WebhookSaved } from './WebhookSaved'

export function AddWebhookPage() {
  const chatbotId = useChatbotId()
  const { receiver: receiverId } = useSearch({ from: '/app/$chatbotId/webhooks/new' })
  const receivers = useQuery({ ...receiversQuery(chatbotId), enabled: receiverId !== undefined })
  const receiver = receivers.data?.find((each) => each.id === receiverId)
  const navigate = useNavigate()
  const queries = useQueryClient()
  const create = useMutation({
    mutationFn: (draft: Draft) =>
      answered(api.POST('/api/{chatbotId}/webhooks', { params: { path: { chatbotId } }, body: bodyOf(draft) })),
    onSuccess() {
      window.scrollTo(0, 0)
      return queries.invalidateQueries({ queryKey: [chatbotId, 'webhooks'] })
    },
  })
  const back = (
    <Back to="/$chatbotId/webhooks" params={{ chatbotId }} search={{}}>
      {t.webhooks.title}
    </Back>
  )
  if (create.data) {
    return (
      <Page title={t.webhooks.savedTitle} lead={create.data.url} back={back}>
        <WebhookSaved webhook={create.data} receiver={receiver} />
      </Page>
    )
  }
  if (receiverId && receivers.isPending) {
    return (
      <Page title={t.webhooks.formTitle} back={back}>
        <Skeleton height={400} radius={12} />
      </Page>
    )
  }
  return (
    <Page title={t.webhooks.formTitle} lead={t.webhooks.formLead} back={back}>
      <WebhookForm
        initial={
          receiver ? { ...emptyDraft, url: receiver.url, events: ['*'], description: t.tester.title } : emptyDraft
        }
        save={(draft) => create.mutate(draft)}
        cancel={() => navigate({ to: '/$chatbotId/webhooks', params: { chatbotId }, search: {} })}
        pending={create.isPending}
        error={create.error}
      />
    </Page>
  )
}
