import { Button, Group, Skeleton, Stack, Text, Title } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconEye } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { CopyField } from '../../components/Copy'
import { ErrorNote } from '../../components/Note'
import { Panel } from '../../components/Panel'
import { secretQuery } from '../../lib/api/queries'
import type { Webhook } from '../../lib/api/shapes'
import { useMay } from '../../lib/permissions'
import { t } from '../../lib/strings'
import { Snippets } from './Snippets'

// SigningSecret shows the secret again, and how to verify with it, to who asks for it.
export function SigningSecret({ webhook }: { webhook: Webhook }) {
  const [shown, { toggle }] = useDisclosure()
  const secret = useQuery({ ...secretQuery(webhook.chatbotId, webhook.id), enabled: shown })
  if (!useMay('developer')) return null
  return (
    <Panel title={t.webhooks.secret} padded>
      <Group justify="space-between">
        <Text c="dimmed">{t.webhooks.secretLead}</Text>
        <Button variant="default" size="xs" leftSection={<IconEye size={15} />} onClick={toggle} aria-expanded={shown}>
          {shown ? t.webhooks.hide : t.webhooks.reveal}
        </Button>
      </Group>
      {shown && (
        <Stack mt="md">
          {secret.isPending && <Skeleton height={36} />}
          <ErrorNote error={secret.error} />
          {secret.data && (
            <>
              <CopyField value={secret.data.secret} label={t.webhooks.secret} />
              <Title order={3}>{t.webhooks.verify}</Title>
              <Snippets secret={secret.data.secret} url={webhook.url} />
            </>
          )}
        </Stack>
      )}
    </Panel>
  )
}
