import { Skeleton } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate, useParams } from '@tanstack/react-router'
import { ErrorNote } from '../../components/Note'
import { Back, Page } from '../../components/Page'
import { answered, api } from '../../lib/api/client'
import { editedWebhookQuery } from '../../lib/api/queries'
import type { Webhook } from '../../lib/api/shapes'
import { t } from '../../lib/strings'
import { changeOf, type Draft, draftOf } from './draft'
import { WebhookForm } from './WebhookForm'

export function EditWebhookPage() {
  const { chatbotId, webhookId } = useParams({ from: '/app/$chatbotId/webhooks/$webhookId/edit' })
  const navigate = useNavigate()
  const queries = useQueryClient()
  const edited = useQuery(editedWebhookQuery(chatbotId, webhookId))
  const webhook = edited.data?.data
  const toWebhook = () => navigate({ to: '/$chatbotId/webhooks/$webhookId', params: { chatbotId, webhookId } })
  const change = useMutation({
    mutationFn: ({ draft, before, etag }: { draft: Draft; before: Webhook; etag: string | undefined }) =>
      answered(
        api.PATCH('/api/{chatbotId}/webhooks/{webhookId}', {
          params: { path: { chatbotId, webhookId }, header: { 'If-Match': etag } },
          body: changeOf(draft, before),
        }),
      ),
    async onSuccess() {
      await queries.invalidateQueries({ queryKey: [chatbotId, 'webhooks'] })
      await toWebhook()
    },
  })
  return (
    <Page
      title={t.webhooks.editTitle}
      lead={webhook?.url}
      back={
        <Back to="/$chatbotId/webhooks/$webhookId" params={{ chatbotId, webhookId }}>
          {t.deliveries.toWebhook}
        </Back>
      }
    >
      {edited.isPending && <Skeleton height={480} radius={12} />}
      <ErrorNote error={webhook ? undefined : edited.error} />
      {webhook && (
        <WebhookForm
          initial={draftOf(webhook)}
          save={(draft) => change.mutate({ draft, before: webhook, etag: edited.data?.etag })}
          cancel={toWebhook}
          pending={change.isPending}
          error={change.error}
        />
      )}
    </Page>
  )
}
