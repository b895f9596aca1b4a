import { Group, SegmentedControl, Skeleton, Stack, Tabs } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { lazy, Suspense } from 'react'
import { DeliveryList } from '../../components/deliveries/DeliveryList'
import { ErrorNote } from '../../components/Note'
import { Back, Page } from '../../components/Page'
import { NotFound } from '../../components/Problems'
import { WebhookBadge } from '../../components/Status'
import { ApiError } from '../../lib/api/client'
import { statsQuery, webhookQuery } from '../../lib/api/queries'
import type { StatsWindow } from '../../lib/api/shapes'
import { t } from '../../lib/strings'
import { Replays } from './Replays'
import { SigningSecret } from './SigningSecret'
import { WebhookActions } from './WebhookActions'
import { WebhookDetails } from './WebhookDetails'
import { WebhookFacts } from './WebhookFacts'
import { WebhookTrouble } from './WebhookTrouble'

const Charts = lazy(() => import('./Charts').then((module) => ({ default: module.Charts })))

export function WebhookPage() {
  const { chatbotId, webhookId } = useParams({ from: '/app/$chatbotId/webhooks/$webhookId' })
  const { tab, window = '24h', ...filter } = useSearch({ from: '/app/$chatbotId/webhooks/$webhookId' })
  const navigate = useNavigate({ from: '/$chatbotId/webhooks/$webhookId' })
  const webhook = useQuery(webhookQuery(chatbotId, webhookId))
  const stats = useQuery(statsQuery(chatbotId, webhookId, window))
  const back = (
    <Back to="/$chatbotId/webhooks" params={{ chatbotId }} search={{}}>
      {t.webhooks.title}
    </Back>
  )
  if (webhook.error instanceof ApiError && webhook.error.status === 404) return <NotFound />
  if (!webhook.data) {
    return (
      <Page title={t.deliveries.toWebhook} back={back}>
        {webhook.isError ? <ErrorNote error={webhook.error} retry={webhook.refetch} /> : <Skeleton height={400} />}
      </Page>
    )
  }
  const state = webhook.data.status === 'disabled' ? 'disabled' : stats.data?.state
  return (
    <Page
      title={webhook.data.url}
      beside={state && <WebhookBadge state={state} />}
      lead={webhook.data.description}
      back={back}
      actions={<WebhookActions webhook={webhook.data} />}
    >
      <Stack gap="lg">
        <WebhookTrouble webhook={webhook.data} />
        <Group justify="space-between">
          <span className="dim">{t.webhooks.window}</span>
          <SegmentedControl
            aria-label={t.webhooks.window}
            value={window}
            onChange={(value) =>
              navigate({ search: (before) => ({ ...before, window: value as StatsWindow }), replace: true })
            }
            data={Object.entries(t.webhooks.windows).map(([value, label]) => ({ value, label }))}
          />
        </Group>
        <WebhookFacts webhook={webhook.data} stats={stats.data} />
        <Suspense fallback={<Skeleton height={240} radius={12} />}>
          {stats.data ? <Charts stats={stats.data} /> : <Skeleton height={240} radius={12} />}
        </Suspense>
        <Replays chatbotId={chatbotId} webhookId={webhookId} />
        <Tabs
          value={tab ?? 'deliveries'}
          onChange={(next) =>
            navigate({
              search: (before) => ({ ...before, tab: next === 'settings' ? next : undefined }),
              replace: true,
              resetScroll: false,
            })
          }
          keepMounted={false}
        >
          <Tabs.List mb="md">
            <Tabs.Tab value="deliveries">{t.deliveries.section}</Tabs.Tab>
            <Tabs.Tab value="settings">{t.webhooks.details}</Tabs.Tab>
          </Tabs.List>
          <Tabs.Panel value="deliveries">
            <DeliveryList
              filter={{ webhookId, ...filter }}
              change={(change) => navigate({ search: (before) => ({ ...before, ...change }), replace: true })}
            />
          </Tabs.Panel>
          <Tabs.Panel value="settings">
            <Stack gap="lg">
              <SigningSecret webhook={webhook.data} />
              <WebhookDetails webhook={webhook.data} />
            </Stack>
          </Tabs.Panel>
        </Tabs>
      </Stack>
    </Page>
  )
}
