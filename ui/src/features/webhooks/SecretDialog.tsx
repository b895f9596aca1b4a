import { Button, Group, Modal, Select, Stack, Text } from '@mantine/core'
import { IconRefresh } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { CopyField } from '../../components/Copy'
import { ErrorNote, Note } from '../../components/Note'
import { useNow } from '../../components/When'
import { answered, api } from '../../lib/api/client'
import { secretQuery } from '../../lib/api/queries'
import type { Webhook } from '../../lib/api/shapes'
import { countdown } from '../../lib/format/time'
import { t } from '../../lib/strings'

export function SecretDialog({ webhook, close }: { webhook: Webhook; close: () => void }) {
  const { chatbotId, id: webhookId } = webhook
  const [overlap, setOverlap] = useState('86400')
  const queries = useQueryClient()
  const secret = useQuery(secretQuery(chatbotId, webhookId))
  const rotate = useMutation({
    mutationFn: () =>
      answered(
        api.POST('/api/{chatbotId}/webhooks/{webhookId}/rotate-secret', {
          params: { path: { chatbotId, webhookId } },
          body: { overlapSeconds: Number(overlap) },
        }),
      ),
    onSuccess: (fresh) => queries.setQueryData(secretQuery(chatbotId, webhookId).queryKey, fresh),
  })
  const left = useNow()
  const until = secret.data?.previousExpiresAt ? Date.parse(secret.data.previousExpiresAt) - left : 0
  return (
    <Modal
      opened
      onClose={close}
      title={t.webhooks.rotateTitle}
      size="lg"
      closeButtonProps={{ 'aria-label': t.actions.close }}
    >
      <Stack>
        <Text c="dimmed">{t.webhooks.rotateLead}</Text>
        <ErrorNote error={secret.error ?? rotate.error} />
        {secret.data && (
          <div>
            <Text size="sm" fw={550} mb={4}>
              {t.webhooks.secret}
            </Text>
            <CopyField value={secret.data.secret} label={t.webhooks.secret} />
          </div>
        )}
        {until > 0 && (
          <Note tone="info" title={rotate.data ? t.webhooks.rotated : undefined}>
            {t.webhooks.oldUntil} <span className="num">{countdown(until)}</span>
          </Note>
        )}
        {rotate.data && until <= 0 && (
          <Note tone="ok" title={t.webhooks.rotated}>
            {t.webhooks.oldEnded}
          </Note>
        )}
        {rotate.data ? (
          <Button onClick={close}>{t.actions.done}</Button>
        ) : (
          <Group align="flex-end">
            <Select
              style={{ flex: 1 }}
              label={t.webhooks.overlap}
              data={Object.entries(t.keys.overlaps).map(([value, label]) => ({ value, label }))}
              value={overlap}
              onChange={(value) => value && setOverlap(value)}
              allowDeselect={false}
            />
            <Button leftSection={<IconRefresh size={16} />} loading={rotate.isPending} onClick={() => rotate.mutate()}>
              {t.webhooks.rotate}
            </Button>
          </Group>
        )}
      </Stack>
    </Modal>
  )
}
