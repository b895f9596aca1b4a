import { Group, Stack, Text } from '@mantine/core'
import { CopyField } from '../../components/Copy'
import { LinkButton } from '../../components/LinkButton'
import { Page } from '../../components/Page'
import { Panel } from '../../components/Panel'
import { useChatbotId, useMay } from '../../lib/permissions'
import { t } from '../../lib/strings'
import { KeyList } from './KeyList'

export function KeysPage() {
  const chatbotId = useChatbotId()
  const mayKeys = useMay('admin')
  const mayAdd = useMay('developer')
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
        <Panel id="webhooks" title={t.webhooks.title} padded>
          <Group justify="space-between">
            <Text c="dimmed">{t.webhooks.lead}</Text>
            <Group gap="xs">
              <LinkButton component="a" to="/$chatbotId/webhooks" params={{ chatbotId }} search={{}} variant="default">
                {t.webhooks.seeAll}
              </LinkButton>
              {mayAdd && (
                <LinkButton component="a" to="/$chatbotId/webhooks/new" params={{ chatbotId }} search={{}}>
                  {t.webhooks.add}
                </LinkButton>
              )}
            </Group>
          </Group>
        </Panel>
      </Stack>
    </Page>
  )
}
