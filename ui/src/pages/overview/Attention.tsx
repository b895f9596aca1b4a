import { IconAlertTriangle, IconCheck, IconKey, IconPlayerPause, IconUser } from '@tabler/icons-react'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { conversationsQuery, keysQuery, webhooksQuery } from '../../api/queries'
import { Panel } from '../../parts/Panel'
import { RowSkeletons } from '../../parts/Row'
import { When } from '../../parts/When'
import { useMay } from '../../shell/chatbot'
import { t } from '../../strings'
import { firstSentence } from '../../words/failure'
import { span } from '../../words/time'
import css from './overview.module.css'

// A key that is older than this and was never used is worth a look.
const UNUSED_MS = 60 * 60 * 1000

// Secrets that sign or open for longer than this should be rotated.
const DUE_MS = 180 * 24 * 60 * 60 * 1000

const ageOf = (since: string | undefined): number => (since ? Date.now() - Date.parse(since) : 0)

// Attention lists what someone should look at, the worst first.
export function Attention({ chatbotId }: { chatbotId: string }) {
  const webhooks = useQuery(webhooksQuery(chatbotId))
  const mayKeys = useMay('admin')
  const keys = useQuery({ ...keysQuery(chatbotId), enabled: mayKeys })
  const waiting = useInfiniteQuery(conversationsQuery(chatbotId, { status: 'needs_review' }))
  const params = { chatbotId }
  const items: ReactNode[] = []

  for (const webhook of webhooks.data ?? []) {
    const paused = webhook.status === 'disabled'
    if (!paused && !webhook.health?.failingSince) continue
    items.push(
      <Link
        key={webhook.id}
        to="/$chatbotId/settings/webhooks/$webhookId"
        params={{ chatbotId, webhookId: webhook.id }}
        search={{}}
        className={css.item}
        data-tone={paused ? 'warn' : 'bad'}
      >
        {paused ? <IconPlayerPause size={18} aria-hidden /> : <IconAlertTriangle size={18} aria-hidden />}
        <Words
          title={
            paused
              ? t.overview.paused(webhook.url)
              : t.overview.failing(webhook.url, webhook.health?.consecutiveFailures ?? 1)
          }
        >
          {paused ? webhook.disabledReason : webhook.health?.lastError && firstSentence(webhook.health.lastError)}
        </Words>
      </Link>,
    )
  }
  const conversations = waiting.data?.pages[0]
  if (conversations?.data.length) {
    items.push(
      <Link
        key="waiting"
        to="/$chatbotId/inbox"
        params={params}
        search={{ status: 'needs_review' }}
        className={css.item}
        data-tone="warn"
      >
        <IconUser size={18} aria-hidden />
        <Words title={t.overview.waiting(conversations.data.length, conversations.nextCursor !== null)}>
          {t.overview.waitingLead}
        </Words>
      </Link>,
    )
  }
  for (const key of keys.data ?? []) {
    const name = key.name || t.keys.unnamed
    const grace = key.graceUntil && Date.parse(key.graceUntil) > Date.now() ? key.graceUntil : undefined
    const unused = !key.lastUsedAt && ageOf(key.createdAt) > UNUSED_MS
    const age = ageOf(key.rotatedAt ?? key.createdAt)
    const due = age > DUE_MS
    if (!grace && !unused && !due) continue
    items.push(
      <Link key={key.id} to="/$chatbotId/settings/keys" params={params} className={css.item} data-tone="quiet">
        <IconKey size={18} aria-hidden />
        {grace ? (
          <Words title={t.overview.keyGrace(name)}>
            {t.overview.keyGraceLead} (<When at={grace} />)
          </Words>
        ) : unused ? (
          <Words title={t.overview.keyUnused(name)}>{t.overview.unused}</Words>
        ) : (
          <Words title={t.overview.secretDue(name)}>{t.overview.secretDueLead(span(age))}</Words>
        )}
      </Link>,
    )
  }
  for (const webhook of webhooks.data ?? []) {
    const age = ageOf(webhook.secretSince)
    if (age <= DUE_MS) continue
    items.push(
      <Link
        key={`${webhook.id} secret`}
        to="/$chatbotId/settings/webhooks/$webhookId"
        params={{ chatbotId, webhookId: webhook.id }}
        search={{}}
        className={css.item}
        data-tone="quiet"
      >
        <IconKey size={18} aria-hidden />
        <Words title={t.overview.secretDue(webhook.url)}>{t.overview.secretDueLead(span(age))}</Words>
      </Link>,
    )
  }
  return (
    <Panel title={t.overview.attention}>
      {!webhooks.data || waiting.isPending || (mayKeys && keys.isPending) ? (
        <RowSkeletons rows={1} height={40} />
      ) : items.length > 0 ? (
        items
      ) : (
        <div className={css.item} data-tone="ok">
          <IconCheck size={18} aria-hidden />
          <Words title={t.overview.fine}>{t.overview.fineLead}</Words>
        </div>
      )}
    </Panel>
  )
}

function Words({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <span style={{ minWidth: 0 }}>
      <span className="wrap-anywhere" style={{ fontWeight: 540 }}>
        {title}
      </span>
      {children && (
        <span className="dim wrap-anywhere" style={{ display: 'block', fontSize: '0.8125rem' }}>
          {children}
        </span>
      )}
    </span>
  )
}
