import { Skeleton, Stack } from '@mantine/core'
import { IconTruckDelivery } from '@tabler/icons-react'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { ApiError } from '../../api/client'
import { deliveriesQuery, eventQuery, webhooksQuery } from '../../api/queries'
import { Code } from '../../parts/Code'
import { Id } from '../../parts/Copy'
import { Empty } from '../../parts/Empty'
import { LinkAnchor } from '../../parts/links'
import { ErrorNote } from '../../parts/Note'
import { Back, Page } from '../../parts/Page'
import { Panel } from '../../parts/Panel'
import { RowSkeletons } from '../../parts/Row'
import { When } from '../../parts/When'
import { LiveMark } from '../../shell/LiveBar'
import { NotFound } from '../../shell/problems'
import { t } from '../../strings'
import { DeliveryRow } from '../deliveries/DeliveryList'
import { Detail } from '../webhooks/WebhookDetails'

export function EventPage() {
  const { chatbotId, eventId } = useParams({ from: '/app/$chatbotId/events/$eventId' })
  const event = useQuery(eventQuery(chatbotId, eventId))
  const back = (
    <Back to="/$chatbotId/events" params={{ chatbotId }} search={{}}>
      {t.events.back}
    </Back>
  )
  if (event.error instanceof ApiError && event.error.status === 404) return <NotFound />
  if (!event.data) {
    return (
      <Page title={t.events.body} back={back}>
        {event.isError ? <ErrorNote error={event.error} retry={event.refetch} /> : <Skeleton height={300} />}
      </Page>
    )
  }
  const { conversationId, sequence } = event.data
  return (
    <Page title={event.data.event} lead={<Id id={eventId} />} back={back}>
      <Stack gap="lg">
        <Panel padded>
          <dl style={{ margin: 0, display: 'grid', gap: 10 }}>
            <Detail name={t.events.at}>
              <When at={event.data.createdAt} />
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
                {sequence !== undefined && <span className="dim"> · {t.deliveries.sequence(sequence)}</span>}
              </Detail>
            )}
          </dl>
        </Panel>
        <Caused chatbotId={chatbotId} eventId={eventId} />
        <Panel title={t.events.body} padded>
          <Code text={JSON.stringify(event.data, null, 2)} label={t.events.body} json wrap />
        </Panel>
      </Stack>
    </Page>
  )
}

// Caused is every delivery of the event, by webhook.
function Caused({ chatbotId, eventId }: { chatbotId: string; eventId: string }) {
  const deliveries = useInfiniteQuery(deliveriesQuery(chatbotId, { eventId }))
  const webhooks = useQuery(webhooksQuery(chatbotId))
  const items = deliveries.data?.pages.flatMap((page) => page.data)
  const urlOf = (id: string) => webhooks.data?.find((webhook) => webhook.id === id)?.url ?? t.events.gone
  return (
    <Panel title={t.events.caused} aside={<LiveMark />}>
      {deliveries.isPending && <RowSkeletons rows={2} />}
      <ErrorNote error={items ? undefined : deliveries.error} />
      {items?.length === 0 && (
        <Empty icon={IconTruckDelivery} title={t.events.causedNone}>
          {t.events.causedNoneLead}
        </Empty>
      )}
      {items?.map((delivery) => (
        <DeliveryRow key={delivery.id} delivery={delivery} beside={urlOf(delivery.webhookId)} />
      ))}
    </Panel>
  )
}
