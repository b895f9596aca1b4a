import { IconChevronRight, IconKey, IconMessage, IconNotebook, IconWebhook } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { Panel } from '../../components/Panel'
import { t } from '../../lib/strings'
import css from './overview.module.css'

// GetGoing lists the first steps, until there is a webhook and something has happened.
export function GetGoing({ chatbotId }: { chatbotId: string }) {
  const params = { chatbotId }
  return (
    <Panel title={t.overview.start}>
      <Link to="/$chatbotId/settings/keys" params={params} className={css.item} data-tone="quiet">
        <IconKey size={18} aria-hidden />
        <span style={{ flex: 1 }}>{t.overview.startKey}</span>
        <IconChevronRight size={16} aria-hidden />
      </Link>
      <Link to="/$chatbotId/webhooks/new" params={params} search={{}} className={css.item} data-tone="quiet">
        <IconWebhook size={18} aria-hidden />
        <span style={{ flex: 1 }}>{t.overview.startWebhook}</span>
        <IconChevronRight size={16} aria-hidden />
      </Link>
      <Link
        to="/$chatbotId/knowledge"
        params={params}
        search={{ document: 'new' }}
        className={css.item}
        data-tone="quiet"
      >
        <IconNotebook size={18} aria-hidden />
        <span style={{ flex: 1 }}>{t.overview.startKnowledge}</span>
        <IconChevronRight size={16} aria-hidden />
      </Link>
      <Link to="/docs/$page" params={{ page: 'conversations' }} className={css.item} data-tone="quiet">
        <IconMessage size={18} aria-hidden />
        <span style={{ flex: 1 }}>{t.overview.startChat}</span>
        <IconChevronRight size={16} aria-hidden />
      </Link>
    </Panel>
  )
}
