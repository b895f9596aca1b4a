import { Skeleton } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate, useParams } from '@tanstack/react-router'
import { ErrorNote } from '../../components/Note'
import { Back, Page } from '../../components/Page'
import { answered, api } from '../../lib/api/client'
import { webhookQuery } from '../../lib/api/queries'
import { t } from '../../lib/strings'
import { bodyOf, type Draft, draftOf } from './draft'
import { WebhookForm } from './WebhookForm'

export function EditWebhookPage() {
  const { chatbotId, webhookId } = useParams({ from: '/app/$chatbotId/webhooks/$webhookId/edit' })
  const navigate = useNavigate()
  const queries = useQueryClient()
  const webhook = useQuery({ ...webhookQuery(chatbotId, webhookId), refetchInterval: false })
  const toWebhook = () => navigate({ to: '/$chatbotId/webhooks/$webhookId', params: { chatbotId, webhookId } })
  const change = useMutation({
    mutationFn: (draft: Draft) =>
      answered(
        api.PATCH('/api/{chatbotId}/webhooks/{webhookId}', {
          params: { path: { chatbotId, webhookId } },
          body: bodyOf(draft),
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
      lead={webhook.data?.url}
      back={
        <Back to="/$chatbotId/webhooks/$webhookId" params={{ chatbotId, webhookId }}>
          {t.deliveries.toWebhook}
        </Back>
      }
    >
      {webhook.isPending && <Skeleton height={480} radius={12} />}
      <ErrorNote error={webhook.data ? undefined : webhook.error} />
      {webhook.data && (
        <WebhookForm
          initial={draftOf(webhook.data)}
          save={(draft) => change.mutate(draft)}
          cancel={toWebhook}
          pending={change.isPending}
          error={change.error}
        />
      )}
    </Page>
  )
}
