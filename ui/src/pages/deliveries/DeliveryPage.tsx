import { Button, Group, Skeleton, Stack } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconRefresh } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { useState } from 'react'
import { ApiError, answered, api } from '../../api/client'
import { deliveryQuery, eventTextQuery, unfinished } from '../../api/queries'
import type { Attempt, DeliveryDetail } from '../../api/shapes'
import { Code } from '../../parts/Code'
import { CopyButton, Id } from '../../parts/Copy'
import { LinkAnchor } from '../../parts/links'
import { ErrorNote } from '../../parts/Note'
import { Back, Page } from '../../parts/Page'
import { Panel } from '../../parts/Panel'
import { DeliveryBadge } from '../../parts/Status'
import { When } from '../../parts/When'
import { useMay } from '../../shell/chatbot'
import { NotFound } from '../../shell/problems'
import { t } from '../../strings'
import { curlCommand } from '../../words/curl'
import { Detail } from '../webhooks/WebhookDetails'
import { AttemptPanels, SentTo } from './AttemptPanels'
import css from './deliveries.module.css'
import { Timeline } from './Timeline'

export function DeliveryPage() {
  const { chatbotId, deliveryId } = useParams({ from: '/app/$chatbotId/settings/deliveries/$deliveryId' })
  const delivery = useQuery(deliveryQuery(chatbotId, deliveryId))
  const [chosen, setChosen] = useState<string>()
  if (delivery.error instanceof ApiError && delivery.error.status === 404) return <NotFound />
  if (!delivery.data) {
    return (
      <Page title={t.deliveries.title}>
        {delivery.isError ? <ErrorNote error={delivery.error} retry={delivery.refetch} /> : <Skeleton height={400} />}
      </Page>
    )
  }
  const { attempts, webhookId, event } = delivery.data
  const attempt = attempts.find((each) => each.id === chosen) ?? attempts.at(-1)
  return (
    <Page
      title={delivery.data.event?.event ?? t.deliveries.title}
      beside={<DeliveryBadge status={delivery.data.status} />}
      lead={<Id id={deliveryId} />}
      back={
        <Back to="/$chatbotId/settings/webhooks/$webhookId" params={{ chatbotId, webhookId }} search={{}}>
          {t.deliveries.toWebhook}
        </Back>
      }
      actions={<Actions delivery={delivery.data} attempt={attempt} />}
    >
      <div className={css.layout}>
        <Panel title={t.deliveries.timeline}>
          <Timeline delivery={delivery.data} current={attempt?.id} choose={setChosen} />
        </Panel>
        <Stack gap="lg">
          {attempt && <AttemptPanels attempt={attempt} />}
          <Panel title={t.deliveries.request} padded>
            <Stack gap="md">
              {attempt && <SentTo attempt={attempt} />}
              {event ? (
                <Code text={JSON.stringify(event, null, 2)} label={t.deliveries.body} json wrap />
              ) : (
                t.deliveries.eventGone
              )}
            </Stack>
          </Panel>
          <Panel padded>
            <Origins delivery={delivery.data} />
          </Panel>
        </Stack>
      </div>
    </Page>
  )
}

function Actions({ delivery, attempt }: { delivery: DeliveryDetail; attempt: Attempt | undefined }) {
  const { chatbotId, id: deliveryId, eventId } = delivery
  const queries = useQueryClient()
  const mayRetry = useMay('developer')
  const body = useQuery(eventTextQuery(chatbotId, eventId))
  const retry = useMutation({
    mutationFn: () =>
      answered(
        api.POST('/api/{chatbotId}/deliveries/{deliveryId}/retry', { params: { path: { chatbotId, deliveryId } } }),
      ),
    onSuccess() {
      notifications.show({ message: t.deliveries.retried })
      return queries.invalidateQueries({ queryKey: [chatbotId, 'deliveries'] })
    },
  })
  return (
    <Stack gap="xs">
      <Group gap="xs">
        {attempt && body.data && (
          <CopyButton
            value={curlCommand(attempt.url, attempt.requestHeaders, body.data.trimEnd())}
            label={t.deliveries.copyCurl}
          />
        )}
        {mayRetry && (
          <Button
            variant={delivery.status === 'succeeded' ? 'default' : 'filled'}
            leftSection={<IconRefresh size={16} />}
            loading={retry.isPending}
            onClick={() => retry.mutate()}
          >
            {unfinished(delivery.status) ? t.deliveries.retryNow : t.deliveries.retry}
          </Button>
        )}
      </Group>
      <ErrorNote error={retry.error} />
    </Stack>
  )
}

// Origins is where the delivery comes from.
function Origins({ delivery }: { delivery: DeliveryDetail }) {
  const { chatbotId, conversationId, eventId } = delivery
  return (
    <dl style={{ margin: 0, display: 'grid', gap: 10 }}>
      <Detail name={t.deliveries.theEvent}>
        <LinkAnchor component="a" to="/$chatbotId/events/$eventId" params={{ chatbotId, eventId }} className="mono">
          {eventId}
        </LinkAnchor>
      </Detail>
      {conversationId && (
        <Detail name={t.deliveries.conversation}>
          <LinkAnchor
            component="a"
            to="/$chatbotId/inbox"
            params={{ chatbotId }}
            search={{ conversation: conversationId }}
            className="mono"
          >
            {conversationId}
          </LinkAnchor>
          {delivery.sequence !== undefined && (
            <span className="dim"> · {t.deliveries.sequence(delivery.sequence)}</span>
          )}
        </Detail>
      )}
      {delivery.replayId && <Detail name={t.deliveries.ofReplay}>{delivery.replayId}</Detail>}
      <Detail name={t.webhooks.created}>
        <When at={delivery.createdAt} />
      </Detail>
    </dl>
  )
}
