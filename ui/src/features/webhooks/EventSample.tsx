import { Stack, Text } from '@mantine/core'
import { Code } from '../../components/Code'
import { Panel } from '../../components/Panel'
import type { EventType } from '../../lib/api/shapes'
import { t } from '../../lib/strings'

// EventSample shows what an event brings, beside where it is picked.
export function EventSample({ type }: { type: EventType | undefined }) {
  if (!type) {
    return (
      <Panel title={t.webhooks.sample} padded>
        <Text c="dimmed">{t.webhooks.pickSample}</Text>
      </Panel>
    )
  }
  const envelope = {
    event: type.name,
    data: type.sample,
    id: 'evt_38g4k4jvm0001',
    createdAt: '2026-11-22T19:00:00.123Z',
    apiVersion: '1',
  }
  return (
    <Panel title={type.name} padded>
      <Stack gap="sm">
        <Text>{type.description}</Text>
        <Text c="dimmed" size="sm">
          {type.when}
        </Text>
        <Code text={JSON.stringify(envelope, null, 2)} label={t.webhooks.sample} json wrap />
      </Stack>
    </Panel>
  )
}
