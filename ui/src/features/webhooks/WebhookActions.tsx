import { ActionIcon, Button, Group, Menu } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import {
  IconDots,
  IconEdit,
  IconKey,
  IconPlayerPause,
  IconPlayerPlay,
  IconRepeat,
  IconTrash,
} from '@tabler/icons-react'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { Confirm } from '../../components/Confirm'
import { LinkMenuItem } from '../../components/LinkMenuItem'
import { SendTest } from '../../components/SendTest'
import { answered, api, messageOf } from '../../lib/api/client'
import { webhookQuery } from '../../lib/api/queries'
import type { MissedEvents, Webhook } from '../../lib/api/shapes'
import { count, plural } from '../../lib/format/numbers'
import { useMay } from '../../lib/permissions'
import { t } from '../../lib/strings'
import { ReplayDialog } from './ReplayDialog'
import { SecretDialog } from './SecretDialog'

// useChangeStatus pauses and resumes; it shows at once, until the server refuses.
function useChangeStatus(webhook: Webhook, onMissed: (missed: MissedEvents) => void) {
  const queries = useQueryClient()
  const { chatbotId, id: webhookId } = webhook
  const put = (shown: Webhook) => void queries.setQueryData(webhookQuery(chatbotId, webhookId).queryKey, shown)
  return useMutation({
    mutationFn: (status: Webhook['status']) =>
      answered(
        api.PATCH('/api/{chatbotId}/webhooks/{webhookId}', {
          params: { path: { chatbotId, webhookId } },
          body: { status },
        }),
      ),
    onMutate: (status) => put({ ...webhook, status }),
    onSuccess(changed) {
      if (changed.missed?.count) onMissed(changed.missed)
      return queries.invalidateQueries({ queryKey: [chatbotId] })
    },
    onError(error) {
      put(webhook)
      notifications.show({ message: messageOf(error), color: 'red' })
    },
  })
}

type Dialog = 'secret' | 'replay' | 'remove'

export function WebhookActions({ webhook }: { webhook: Webhook }) {
  const [dialog, setDialog] = useState<Dialog>()
  const [missed, setMissed] = useState<MissedEvents>()
  const change = useChangeStatus(webhook, (missed) => {
    setMissed(missed)
    setDialog('replay')
  })
  const may = useMay('developer')
  const params = { chatbotId: webhook.chatbotId, webhookId: webhook.id }
  const close = () => {
    setDialog(undefined)
    setMissed(undefined)
  }
  if (!may) return null
  const paused = webhook.status === 'disabled'
  return (
    <Group gap="xs">
      <SendTest webhook={webhook} />
      <Button
        variant="default"
        loading={change.isPending}
        leftSection={paused ? <IconPlayerPlay size={16} /> : <IconPlayerPause size={16} />}
        onClick={() => change.mutate(paused ? 'enabled' : 'disabled')}
      >
        {paused ? t.webhooks.resume : t.webhooks.pause}
      </Button>
      <Menu position="bottom-end" shadow="md" width={190}>
        <Menu.Target>
          <ActionIcon variant="default" size={36} aria-label={t.webhooks.more_actions}>
            <IconDots size={18} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <LinkMenuItem
            component="a"
            to="/$chatbotId/webhooks/$webhookId/edit"
            params={params}
            leftSection={<IconEdit size={16} />}
          >
            {t.webhooks.edit}
          </LinkMenuItem>
          <Menu.Item leftSection={<IconRepeat size={16} />} onClick={() => setDialog('replay')}>
            {t.webhooks.replay}
          </Menu.Item>
          <Menu.Item leftSection={<IconKey size={16} />} onClick={() => setDialog('secret')}>
            {t.webhooks.rotate}
          </Menu.Item>
          <Menu.Divider />
          <Menu.Item leftSection={<IconTrash size={16} />} c="var(--b9-bad)" onClick={() => setDialog('remove')}>
            {t.webhooks.remove}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {dialog === 'secret' && <SecretDialog webhook={webhook} close={close} />}
      {dialog === 'replay' && (
        <ReplayDialog
          webhook={webhook}
          missed={missed}
          lead={
            missed &&
            t.webhooks.missed(
              missed.count >= 1000 ? t.replay.atLeast(count(missed.count)) : plural(missed.count, t.replay.event),
            )
          }
          close={close}
        />
      )}
      {dialog === 'remove' && <RemoveWebhook webhook={webhook} close={close} />}
    </Group>
  )
}

function RemoveWebhook({ webhook, close }: { webhook: Webhook; close: () => void }) {
  const { chatbotId, id: webhookId } = webhook
  const queries = useQueryClient()
  const navigate = useNavigate()
  const remove = useMutation({
    mutationFn: () =>
      answered(api.DELETE('/api/{chatbotId}/webhooks/{webhookId}', { params: { path: { chatbotId, webhookId } } })),
    async onSuccess() {
      await navigate({ to: '/$chatbotId/webhooks', params: { chatbotId }, search: {} })
      await queries.invalidateQueries({ queryKey: [chatbotId] })
    },
  })
  return (
    <Confirm
      title={t.webhooks.removeTitle}
      lead={t.webhooks.removeLead}
      action={t.actions.delete}
      confirm={() => remove.mutate()}
      pending={remove.isPending}
      error={remove.error}
      close={close}
    />
  )
}
