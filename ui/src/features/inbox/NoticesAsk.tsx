import { Button, Group } from '@mantine/core'
import { useSyncExternalStore } from 'react'
import { Note } from '../../components/Note'
import { notices, turnOnNotices } from '../../lib/notices'
import { words } from './strings'

// NoticesAsk asks once whether to tell of conversations that wait.
export function NoticesAsk() {
  const state = useSyncExternalStore(notices.subscribe, notices.get)
  if (state !== 'unasked') return null
  return (
    <Note tone="info" title={words.notices.ask}>
      <span className="dim" style={{ fontSize: '0.8125rem' }}>
        {words.notices.lead}
      </span>
      <Group gap="xs" mt={8}>
        <Button size="xs" onClick={() => void turnOnNotices()}>
          {words.notices.yes}
        </Button>
        <Button size="xs" variant="subtle" color="gray" onClick={() => notices.set('off')}>
          {words.notices.no}
        </Button>
      </Group>
    </Note>
  )
}
