import { Group, Stack, Text } from '@mantine/core'
import { CopyField } from '../../components/Copy'
import { LinkButton } from '../../components/LinkButton'
import { Panel } from '../../components/Panel'
import { SendTest } from '../../components/SendTest'
import type { Receiver, Webhook } from '../../lib/api/shapes'
import { t } from '../../lib/strings'
import { Snippets } from './Snippets'

// WebhookSaved is what follows Save: the secret, how to check it, and a first try.
export function WebhookSaved({ webhook, receiver }: { webhook: Webhook & { secret: string }; receiver?: Receiver }) {
  return (
    <Stack gap="lg">
      <Panel title={t.webhooks.secret} padded>
        <Text c="dimmed" mb="sm">
          {t.webhooks.savedLead}
        </Text>
        <CopyField value={webhook.secret} label={t.webhooks.secret} />
        <Group mt="md">
          <LinkButton
            component="a"
            to="/$chatbotId/webhooks/$webhookId"
            params={{ chatbotId: webhook.chatbotId, webhookId: webhook.id }}
            search={{}}
          >
            {t.webhooks.openWebhook}
          </LinkButton>
          {receiver && (
            <LinkButton
              component="a"
              variant="default"
              to="/$chatbotId/tester"
              params={{ chatbotId: webhook.chatbotId }}
              search={{ receiver: receiver.id }}
            >
              {t.tester.watch}
            </LinkButton>
          )}
          <SendTest webhook={webhook} />
        </Group>
      </Panel>
      <Panel title={t.webhooks.verify} padded>
        <Snippets secret={webhook.secret} url={webhook.url} />
      </Panel>
    </Stack>
  )
}
