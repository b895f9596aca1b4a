import { Stack, Text } from '@mantine/core'
import { CopyField } from '../../parts/Copy'
import { Page } from '../../parts/Page'
import { Panel } from '../../parts/Panel'
import { useChatbotId, useMay } from '../../shell/chatbot'
import { t } from '../../strings'
import { WebhookList } from '../webhooks/WebhookList'
import { KeyList } from './KeyList'

export function KeysPage() {
  const chatbotId = useChatbotId()
  const mayKeys = useMay('admin')
  return (
    <Page title={t.keys.title} lead={t.keys.lead}>
      <Stack gap="lg">
        <Panel title={t.keys.chatbotId} padded>
          <Text c="dimmed" mb="xs">
            {t.keys.chatbotIdLead}
          </Text>
          <div style={{ maxWidth: 420 }}>
            <CopyField value={chatbotId} label={t.keys.chatbotId} />
          </div>
        </Panel>
        {mayKeys ? (
          <KeyList chatbotId={chatbotId} />
        ) : (
          <Panel title={t.keys.section} padded>
            <Text c="dimmed">{t.keys.forbidden}</Text>
          </Panel>
        )}
        <WebhookList chatbotId={chatbotId} />
      </Stack>
    </Page>
  )
}
