import { Group, SegmentedControl, Skeleton, Stack, Tabs } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { lazy, Suspense } from 'react'
import { ApiError } from '../../api/client'
import { statsQuery, webhookQuery } from '../../api/queries'
import type { StatsWindow } from '../../api/shapes'
import { ErrorNote } from '../../parts/Note'
import { Back, Page } from '../../parts/Page'
import { WebhookBadge } from '../../parts/Status'
import { NotFound } from '../../shell/problems'
import { t } from '../../strings'
import { DeliveryList } from '../deliveries/DeliveryList'
import { Replays } from './Replays'
import { SigningSecret } from './SigningSecret'
import { WebhookActions } from './WebhookActions'
import { WebhookDetails } from './WebhookDetails'
import { WebhookFacts } from './WebhookFacts'
import { WebhookTrouble } from './WebhookTrouble'

const Charts = lazy(() => import('./Charts').then((module) => ({ default: module.Charts })))

export function WebhookPage() {
  const { chatbotId, webhookId } = useParams({ from: '/app/$chatbotId/settings/webhooks/$webhookId' })
  const { tab, window = '24h', ...filter } = useSearch({ from: '/app/$chatbotId/settings/webhooks/$webhookId' })
  const navigate = useNavigate({ from: '/$chatbotId/settings/webhooks/$webhookId' })
  const webhook = useQuery(webhookQuery(chatbotId, webhookId))
  const stats = useQuery(statsQuery(chatbotId, webhookId, window))
  const back = (
    <Back to="/$chatbotId/settings/keys" hash="webhooks" params={{ chatbotId }}>
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
