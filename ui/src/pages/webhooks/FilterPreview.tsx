import { Text } from '@mantine/core'
import { IconCheck, IconMinus } from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useEffect } from 'react'
import { eventsQuery } from '../../api/queries'
import { Badge } from '../../parts/Status'
import { When } from '../../parts/When'
import { useChatbotId } from '../../shell/chatbot'
import { t } from '../../strings'
import { compile } from '../../words/filter'
import { hears } from './hears'
import css from './webhooks.module.css'

const SHOWN = 6
const ENOUGH = 20
const MOST_PAGES = 5

// FilterPreview tries a filter on the newest events, before it is saved.
export function FilterPreview({ filter, events: chosen }: { filter: string; events: string[] }) {
  const { data, hasNextPage, isFetching, fetchNextPage } = useInfiniteQuery(eventsQuery(useChatbotId(), {}))
  const matches = compile(filter)
  const recent = (data?.pages.flatMap((page) => page.data) ?? []).filter(
    (event) => chosen.length === 0 || hears(chosen, event.event),
  )
  // Of rare events there may be none among the newest, so it looks further back, within reason.
  const further = hasNextPage && !isFetching && recent.length < ENOUGH && (data?.pages.length ?? 0) < MOST_PAGES
  useEffect(() => {
    if (further) void fetchNextPage()
  }, [further, fetchNextPage])
  if (!matches) {
    return (
      <Text size="sm" c="var(--b9-warn)" mt={8} role="status">
        {t.webhooks.previewBroken}
      </Text>
    )
  }
  if (recent.length === 0) {
    return (
      <Text size="sm" c="dimmed" mt={8} role="status">
        {t.webhooks.previewNone}
      </Text>
    )
  }
  return (
    <div style={{ marginTop: 10 }} role="status">
      <Text size="sm" fw={550}>
        {t.webhooks.previewCount(recent.filter(matches).length, recent.length)}
      </Text>
      {recent.slice(0, SHOWN).map((event) => (
        <div key={event.id} className={css.previewRow}>
          {matches(event) ? (
            <Badge tone="ok" icon={IconCheck}>
              {t.webhooks.matches}
            </Badge>
          ) : (
            <Badge tone="quiet" icon={IconMinus}>
              {t.webhooks.leftOut}
            </Badge>
          )}
          <span className="clip">{event.event}</span>
          <When at={event.createdAt} className="dim" />
        </div>
      ))}
    </div>
  )
}
