import { Text } from '@mantine/core'
import { IconCheck, IconMinus } from '@tabler/icons-react'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Badge } from '../../components/Status'
import { When } from '../../components/When'
import { messageOf } from '../../lib/api/client'
import { previewQuery } from '../../lib/api/queries'
import { useChatbotId } from '../../lib/permissions'
import { t } from '../../lib/strings'
import css from './webhooks.module.css'

const SHOWN = 6

// FilterPreview tries a filter on the newest events, before it is saved. The server evaluates it as it would
// for a delivery.
export function FilterPreview({ filter, events }: { filter: string; events: string[] }) {
  const preview = useQuery({ ...previewQuery(useChatbotId(), filter, events), placeholderData: keepPreviousData })
  if (preview.isError) {
    return (
      <Text size="sm" c="var(--b9-warn)" mt={8} role="status">
        {t.webhooks.previewBroken}: {messageOf(preview.error)}
      </Text>
    )
  }
  if (!preview.data) return <Text size="sm">…</Text>
  const { matched, evaluated, results } = preview.data
  if (evaluated === 0) {
    return (
      <Text size="sm" c="dimmed" mt={8} role="status">
        {t.webhooks.previewNone}
      </Text>
    )
  }
  return (
    <div style={{ marginTop: 10 }} role="status">
      <Text size="sm" fw={550}>
        {t.webhooks.previewCount(matched, evaluated)}
      </Text>
      {results.slice(0, SHOWN).map((result) => (
        <div key={result.eventId} className={css.previewRow}>
          {result.match ? (
            <Badge tone="ok" icon={IconCheck}>
              {t.webhooks.matches}
            </Badge>
          ) : (
            <Badge tone="quiet" icon={IconMinus}>
              {t.webhooks.leftOut}
            </Badge>
          )}
          <span className="clip">{result.event}</span>
          <When at={result.createdAt} className="dim" />
        </div>
      ))}
    </div>
  )
}
