import { Skeleton, Stack } from '@mantine/core'
import { IconTruckDelivery } from '@tabler/icons-react'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { Code } from '../../components/Code'
import { Id } from '../../components/Copy'
import { Detail } from '../../components/Details'
import { DeliveryRow } from '../../components/deliveries/DeliveryList'
import { Empty } from '../../components/Empty'
import { LinkAnchor } from '../../components/LinkAnchor'
import { LiveMark } from '../../components/LiveMark'
import { ErrorNote } from '../../components/Note'
import { Back, Page } from '../../components/Page'
import { Panel } from '../../components/Panel'
import { NotFound } from '../../components/Problems'
import { RowSkeletons } from '../../components/Row'
import { When } from '../../components/When'
import { ApiError } from '../../lib/api/client'
import { deliveriesQuery, eventQuery, eventTextQuery, webhooksQuery } from '../../lib/api/queries'
import { pretty } from '../../lib/format/highlight'
import { t } from '../../lib/strings'

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
          <Body chatbotId={chatbotId} eventId={eventId} />
        </Panel>
      </Stack>
    </Page>
  )
}

// Body is the event as it is sent, to the digit.
function Body({ chatbotId, eventId }: { chatbotId: string; eventId: string }) {
  const body = useQuery(eventTextQuery(chatbotId, eventId))
  if (body.isError) return <ErrorNote error={body.error} retry={body.refetch} />
  if (body.data === undefined) return <Skeleton height={160} />
  return <Code text={pretty(body.data)} label={t.events.body} json wrap />
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
