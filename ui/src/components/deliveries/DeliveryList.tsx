import { Button, Group, Select } from '@mantine/core'
import { IconTruckDelivery } from '@tabler/icons-react'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { type DeliveryFilter, deliveriesQuery, eventTypesQuery, unfinished } from '../../lib/api/queries'
import type { Delivery, DeliveryStatus } from '../../lib/api/shapes'
import { eventNames } from '../../lib/format/eventNames'
import { firstSentence } from '../../lib/format/failure'
import { useChatbotId } from '../../lib/permissions'
import { t } from '../../lib/strings'
import { Empty } from '../Empty'
import { LiveMark } from '../LiveMark'
import { ErrorNote } from '../Note'
import { Panel } from '../Panel'
import { RowLink, RowSkeletons } from '../Row'
import { Rows } from '../Rows'
import { DeliveryBadge } from '../Status'
import { Due, When } from '../When'
import css from './deliveries.module.css'

interface DeliveryListProps {
  filter: DeliveryFilter
  change: (filter: { status?: DeliveryStatus; event?: string }) => void
}

// DeliveryList is a webhook's deliveries, live, newest first.
export function DeliveryList({ filter, change }: DeliveryListProps) {
  const chatbotId = useChatbotId()
  const deliveries = useInfiniteQuery(deliveriesQuery(chatbotId, filter))
  const types = useQuery(eventTypesQuery(chatbotId))
  const items = deliveries.data?.pages.flatMap((page) => page.data)
  const filtered = Boolean(filter.status || filter.event)
  const statuses = Object.entries(t.deliveryStatus).map(([value, label]) => ({ value, label }))
  const filters = (
    <Group gap="xs" className={css.filters}>
      <LiveMark />
      <Select
        aria-label={t.deliveries.status}
        placeholder={t.deliveries.anyStatus}
        size="xs"
        w={140}
        clearable
        data={statuses}
        value={filter.status ?? null}
        onChange={(status) => change({ status: (status ?? undefined) as DeliveryStatus | undefined })}
      />
      <Select
        aria-label={t.deliveries.event}
        placeholder={t.deliveries.anyEvent}
        size="xs"
        w={190}
        clearable
        searchable
        data={eventNames(types.data, items, filter.event)}
        value={filter.event ?? null}
        onChange={(event) => change({ event: event ?? undefined })}
      />
    </Group>
  )
  return (
    <Panel title={t.deliveries.section} aside={filters}>
      {deliveries.isPending && <RowSkeletons />}
      {deliveries.isError && !items && <ErrorNote error={deliveries.error} retry={deliveries.refetch} />}
      {items?.length === 0 && (
        <Empty
          icon={IconTruckDelivery}
          title={filtered ? t.deliveries.emptyFiltered : t.deliveries.empty}
          action={
            filtered && (
              <Button variant="default" onClick={() => change({ status: undefined, event: undefined })}>
                {t.actions.clear}
              </Button>
            )
          }
        >
          {!filtered && t.deliveries.emptyLead}
        </Empty>
      )}
      {items && items.length > 0 && (
        <Rows
          items={items}
          keyOf={(delivery) => delivery.id}
          height={45}
          label={t.deliveries.section}
          more={deliveries.hasNextPage && !deliveries.isFetching ? deliveries.fetchNextPage : undefined}
        >
          {(delivery) => <DeliveryRow delivery={delivery} />}
        </Rows>
      )}
    </Panel>
  )
}

export function DeliveryRow({ delivery, beside }: { delivery: Delivery; beside?: string }) {
  return (
    <RowLink
      to="/$chatbotId/deliveries/$deliveryId"
      params={{ chatbotId: delivery.chatbotId, deliveryId: delivery.id }}
      className={`${css.delivery} ${isNew(delivery.createdAt) ? 'arrived' : ''}`}
      data-delivery={delivery.status}
    >
      <span>
        <DeliveryBadge status={delivery.status} />
      </span>
      <span className="clip" style={{ fontWeight: 520 }}>
        {beside ?? delivery.event}
      </span>
      <span className={`${css.outcome} clip dim`}>{outcome(delivery)}</span>
      <span className={`${css.attempts} dim num`}>
        {delivery.attemptCount > 0 && t.deliveries.attempts(delivery.attemptCount)}
      </span>
      <When at={delivery.createdAt} className={`${css.when} dim num`} />
    </RowLink>
  )
}

const NEW_MS = 3_000

const isNew = (at: string) => Date.now() - Date.parse(at) < NEW_MS

function outcome(delivery: Delivery) {
  if (
    delivery.status === 'pending' &&
    delivery.conversationId &&
    !delivery.nextAttemptAt &&
    delivery.attemptCount === 0
  ) {
    return t.deliveries.waiting
  }
  if (delivery.error && delivery.status !== 'succeeded') {
    return (
      <>
        {firstSentence(delivery.error)}
        {unfinished(delivery.status) && delivery.nextAttemptAt && (
          <>
            {' · '}
            {t.deliveries.next.toLowerCase()} <Due at={delivery.nextAttemptAt} />
          </>
        )}
      </>
    )
  }
  return delivery.responseStatus ?? ''
}
