import { IconPlus, IconWebhook } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { statsQuery, webhooksQuery } from '../../api/queries'
import type { Webhook } from '../../api/shapes'
import { Empty } from '../../parts/Empty'
import { LinkButton } from '../../parts/links'
import { ErrorNote } from '../../parts/Note'
import { Panel } from '../../parts/Panel'
import { RowLink, RowSkeletons } from '../../parts/Row'
import { Sparkline } from '../../parts/Sparkline'
import { WebhookBadge } from '../../parts/Status'
import { When } from '../../parts/When'
import { useMay } from '../../shell/chatbot'
import { t } from '../../strings'
import { firstSentence } from '../../words/failure'
import { duration, percent } from '../../words/numbers'
import { eventsInWords } from './eventsInWords'
import css from './webhooks.module.css'

// A failure that is older, and was followed by a success, is history.
const RECENT_MS = 7 * 24 * 60 * 60 * 1000

export function WebhookList({ chatbotId }: { chatbotId: string }) {
  const webhooks = useQuery(webhooksQuery(chatbotId))
  const mayAdd = useMay('developer')
  const add = mayAdd && (
    <LinkButton
      component="a"
      to="/$chatbotId/settings/webhooks/new"
      params={{ chatbotId }}
      search={{}}
      leftSection={<IconPlus size={16} />}
    >
      {t.webhooks.add}
    </LinkButton>
  )
  const empty = webhooks.data?.length === 0
  return (
    <Panel id="webhooks" title={t.webhooks.title} aside={!empty && add}>
      {webhooks.isPending && <RowSkeletons rows={3} height={36} />}
      {webhooks.isError && !webhooks.data && <ErrorNote error={webhooks.error} retry={webhooks.refetch} />}
      {empty && (
        <Empty icon={IconWebhook} title={t.webhooks.empty} action={add}>
          {t.webhooks.emptyLead}
        </Empty>
      )}
      {webhooks.data?.map((webhook) => (
        <WebhookRow key={webhook.id} chatbotId={chatbotId} webhook={webhook} />
      ))}
    </Panel>
  )
}

function WebhookRow({ chatbotId, webhook }: { chatbotId: string; webhook: Webhook }) {
  const { data: stats } = useQuery(statsQuery(chatbotId, webhook.id, '24h'))
  const { failingSince, lastFailureAt = '', lastError } = webhook.health ?? {}
  return (
    <RowLink
      to="/$chatbotId/settings/webhooks/$webhookId"
      params={{ chatbotId, webhookId: webhook.id }}
      className={css.row}
    >
      <div style={{ minWidth: 0 }}>
        <div className="clip" style={{ fontWeight: 550 }}>
          {webhook.url}
        </div>
        <div className="clip dim">
          {eventsInWords(webhook.events)}
          {webhook.description && ` · ${webhook.description}`}
        </div>
      </div>
      <div className={css.rowState}>
        {stats && <WebhookBadge state={webhook.status === 'disabled' ? 'disabled' : stats.state} />}
      </div>
      <div className={css.rowChart}>
        {stats && stats.successRate !== null ? (
          <>
            <Sparkline
              series={stats.series}
              label={t.webhooks.sparkline(percent(stats.successRate), duration(stats.latencyMs.p95))}
            />
            <div className="num">
              {percent(stats.successRate)} <span className="dim">{t.webhooks.success}</span>
              <br />
              {duration(stats.latencyMs.p95)} <span className="dim">{t.webhooks.p95}</span>
            </div>
          </>
        ) : (
          stats && <span className="dim">{t.webhooks.noAttempts}</span>
        )}
      </div>
      {lastError && (failingSince || Date.parse(lastFailureAt) > Date.now() - RECENT_MS) && (
        <div className={css.rowFailure} data-now={failingSince ? true : undefined}>
          {!failingSince && `${t.webhooks.lastFailure}: `}
          {firstSentence(lastError)} · <When at={lastFailureAt} />
        </div>
      )}
    </RowLink>
  )
}
