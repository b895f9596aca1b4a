import { IconAlertTriangle, IconCheck, IconKey, IconPlayerPause, IconUser } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { Panel } from '../../components/Panel'
import { RowSkeletons } from '../../components/Row'
import { When } from '../../components/When'
import { countsQuery, keysQuery, webhooksQuery } from '../../lib/api/queries'
import { MOST_COUNTED } from '../../lib/format/numbers'
import { useMay } from '../../lib/permissions'
import { t } from '../../lib/strings'
import { attentionOf, type Matter } from './matters'
import css from './overview.module.css'

const icons = { failing: IconAlertTriangle, paused: IconPlayerPause, waiting: IconUser, secret: IconKey }

// Attention lists what someone should look at.
export function Attention({ chatbotId }: { chatbotId: string }) {
  const webhooks = useQuery(webhooksQuery(chatbotId))
  const mayKeys = useMay('admin')
  const keys = useQuery({ ...keysQuery(chatbotId), enabled: mayKeys })
  const counts = useQuery(countsQuery(chatbotId))
  const pending = webhooks.isPending || counts.isPending || (mayKeys && keys.isPending)
  const matters = attentionOf(
    {
      webhooks: webhooks.data ?? [],
      keys: keys.data ?? [],
      waiting: { count: counts.data?.waiting ?? 0, more: (counts.data?.waiting ?? 0) >= MOST_COUNTED },
    },
    Date.now(),
  )
  return (
    <Panel title={t.overview.attention}>
      {pending && <RowSkeletons rows={1} height={40} />}
      {!pending && matters.map((matter) => <MatterLink key={matter.id} chatbotId={chatbotId} matter={matter} />)}
      {!pending && matters.length === 0 && (
        <div className={css.item} data-tone="ok">
          <IconCheck size={18} aria-hidden />
          <Words title={t.overview.fine}>{t.overview.fineLead}</Words>
        </div>
      )}
    </Panel>
  )
}

function MatterLink({ chatbotId, matter }: { chatbotId: string; matter: Matter }) {
  const { about, tone, title, lead, until, webhookId } = matter
  const Icon = icons[about]
  const shown = { className: css.item, 'data-tone': tone }
  const words = (
    <>
      <Icon size={18} aria-hidden />
      <Words title={title}>
        {lead}
        {until && (
          <>
            {' '}
            (<When at={until} />)
          </>
        )}
      </Words>
    </>
  )
  if (webhookId) {
    return (
      <Link to="/$chatbotId/webhooks/$webhookId" params={{ chatbotId, webhookId }} search={{}} {...shown}>
        {words}
      </Link>
    )
  }
  if (about === 'waiting') {
    return (
      <Link to="/$chatbotId/inbox" params={{ chatbotId }} search={{ queue: 'waiting' }} {...shown}>
        {words}
      </Link>
    )
  }
  return (
    <Link to="/$chatbotId/settings/keys" params={{ chatbotId }} {...shown}>
      {words}
    </Link>
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
