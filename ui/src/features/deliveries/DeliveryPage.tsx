import { Button, Group, Skeleton, Stack } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconRefresh } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { useState } from 'react'
import { Code } from '../../components/Code'
import { CopyButton, Id } from '../../components/Copy'
import { Detail } from '../../components/Details'
import css from '../../components/deliveries/deliveries.module.css'
import { LinkAnchor } from '../../components/LinkAnchor'
import { ErrorNote } from '../../components/Note'
import { Back, Page } from '../../components/Page'
import { Panel } from '../../components/Panel'
import { NotFound } from '../../components/Problems'
import { DeliveryBadge } from '../../components/Status'
import { When } from '../../components/When'
import { ApiError, answered, api } from '../../lib/api/client'
import { deliveryQuery, eventTextQuery, unfinished } from '../../lib/api/queries'
import type { Attempt, DeliveryDetail } from '../../lib/api/shapes'
import { curlCommand } from '../../lib/format/curl'
import { pretty } from '../../lib/format/highlight'
import { useMay } from '../../lib/permissions'
import { t } from '../../lib/strings'
import { AttemptPanels, SentTo } from './AttemptPanels'
import { Timeline } from './Timeline'

export function DeliveryPage() {
  const { chatbotId, deliveryId } = useParams({ from: '/app/$chatbotId/deliveries/$deliveryId' })
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
        <Back to="/$chatbotId/webhooks/$webhookId" params={{ chatbotId, webhookId }} search={{}}>
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
              {event ? <Body chatbotId={chatbotId} eventId={event.id} /> : t.deliveries.eventGone}
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

// Body is the body as it is sent, to the digit.
function Body({ chatbotId, eventId }: { chatbotId: string; eventId: string }) {
  const body = useQuery(eventTextQuery(chatbotId, eventId))
  if (body.isError) return <ErrorNote error={body.error} retry={body.refetch} />
  if (body.data === undefined) return <Skeleton height={160} />
  return <Code text={pretty(body.data)} label={t.deliveries.body} json wrap />
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
