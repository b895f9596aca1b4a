import { Sparkline } from '../../components/chart/Sparkline'
import { RowLink } from '../../components/Row'
import { WebhookBadge } from '../../components/Status'
import { When } from '../../components/When'
import type { Webhook } from '../../lib/api/shapes'
import { eventsInWords } from '../../lib/format/eventsInWords'
import { firstSentence } from '../../lib/format/failure'
import { duration, percent } from '../../lib/format/numbers'
import { nameOf, shortUrl } from '../../lib/format/url'
import { t } from '../../lib/strings'
import { type Summary, stateOf } from './found'
import css from './webhooks.module.css'

// A failure that is older, and was followed by a success, is history.
const RECENT_MS = 7 * 24 * 60 * 60 * 1000

export function WebhookRow({ webhook, summary }: { webhook: Webhook; summary: Summary | undefined }) {
  const { failingSince, lastFailureAt = '', lastError } = webhook.health ?? {}
  const state = stateOf(webhook, summary)
  return (
    <RowLink
      to="/$chatbotId/webhooks/$webhookId"
      params={{ chatbotId: webhook.chatbotId, webhookId: webhook.id }}
      className={css.row}
    >
      <div style={{ minWidth: 0 }}>
        <div className="clip" style={{ fontWeight: 550 }}>
          {nameOf(webhook)}
        </div>
        <div className="clip dim">
          {webhook.description && `${shortUrl(webhook.url)} · `}
          {eventsInWords(webhook.events)}
        </div>
      </div>
      <div className={css.rowState}>{state && <WebhookBadge state={state} />}</div>
      <div className={css.rowChart}>
        {summary && summary.successRate !== null ? (
          <>
            <Sparkline
              succeeded={summary.succeeded}
              failed={summary.failed}
              label={t.webhooks.sparkline(percent(summary.successRate), duration(summary.latencyMs.p95))}
            />
            <div className="num">
              {percent(summary.successRate)} <span className="dim">{t.webhooks.success}</span>
              <br />
              {duration(summary.latencyMs.p95)} <span className="dim">{t.webhooks.p95}</span>
            </div>
          </>
        ) : (
          summary && <span className="dim">{t.webhooks.noAttempts}</span>
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
