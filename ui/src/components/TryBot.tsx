import { Button, Stack, Text } from '@mantine/core'
import { IconMessageCircle } from '@tabler/icons-react'
import { useState } from 'react'
import { t } from '../lib/strings'
import { ChatBox } from './ChatBox'
import { Panel } from './Panel'

const HEIGHT = 480

// TryBot is a chat with the bot as a visitor has it: conversations show up in the inbox, events go to webhooks.
export function TryBot({ chatbotId }: { chatbotId: string }) {
  const [open, setOpen] = useState(false)
  return (
    <Panel title={t.widget.tryIt} padded>
      {open ? (
        <ChatBox chatbotId={chatbotId} height={HEIGHT} />
      ) : (
        <Stack align="flex-start" gap="sm">
          <Text size="sm" c="dimmed">
            {t.widget.tryLead}
          </Text>
          <Button variant="default" leftSection={<IconMessageCircle size={16} />} onClick={() => setOpen(true)}>
            {t.widget.tryStart}
          </Button>
        </Stack>
      )}
    </Panel>
  )
}
