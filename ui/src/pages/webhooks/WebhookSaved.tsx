import { Group, Stack, Text } from '@mantine/core'
import type { Receiver, Webhook } from '../../api/shapes'
import { CopyField } from '../../parts/Copy'
import { LinkButton } from '../../parts/links'
import { Panel } from '../../parts/Panel'
import { t } from '../../strings'
import { SendTest } from './SendTest'
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
            to="/$chatbotId/settings/webhooks/$webhookId"
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
