import { ActionIcon, Group, Menu, Select } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconDots, IconKey, IconPlus, IconTrash } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { Confirm } from '../../components/Confirm'
import { CopyField } from '../../components/Copy'
import { LinkAnchor } from '../../components/LinkAnchor'
import { LinkButton } from '../../components/LinkButton'
import { Panel } from '../../components/Panel'
import { SendTest } from '../../components/SendTest'
import { When } from '../../components/When'
import { answered, api, messageOf } from '../../lib/api/client'
import { receiversQuery, webhooksQuery } from '../../lib/api/queries'
import type { Receiver, ReceiverSettings, Webhook } from '../../lib/api/shapes'
import { eventsInWords } from '../../lib/format/eventsInWords'
import { useMay } from '../../lib/permissions'
import { t } from '../../lib/strings'
import { answerOptions, delayOptions } from './answers'
import { ReceiverSecret } from './ReceiverSecret'
import css from './tester.module.css'

// useChangeReceiver changes a receiver's settings; they show at once, until the server refuses.
export function useChangeReceiver(receiver: Receiver) {
  const queries = useQueryClient()
  const { chatbotId, id: receiverId } = receiver
  const key = receiversQuery(chatbotId).queryKey
  const put = (fresh: Receiver) =>
    queries.setQueryData(key, (all) => all?.map((each) => (each.id === fresh.id ? fresh : each)))
  return useMutation({
    mutationFn: (body: ReceiverSettings) =>
      answered(
        api.PATCH('/api/{chatbotId}/receivers/{receiverId}', { params: { path: { chatbotId, receiverId } }, body }),
      ),
    onMutate: ({ secret, ...shown }) => void put({ ...receiver, ...shown }),
    onSuccess: put,
    onError: () => void put(receiver),
  })
}

const say = (error: Error) => void notifications.show({ message: messageOf(error), color: 'red' })

export function ReceiverPanel({ receiver, removed }: { receiver: Receiver; removed: () => void }) {
  const [dialog, setDialog] = useState<'secret' | 'remove'>()
  const may = useMay('developer')
  const change = useChangeReceiver(receiver)
  const close = () => setDialog(undefined)
  return (
    <Panel
      title={t.tester.url}
      aside={
        <Group gap="xs">
          <span className="dim">
            {receiver.expiresAt ? (
              <>
                {t.tester.expires} <When at={receiver.expiresAt} /> {t.tester.unless}
              </>
            ) : (
              t.tester.kept
            )}
          </span>
          {may && <Actions open={setDialog} />}
        </Group>
      }
      padded
    >
      <CopyField value={receiver.url} label={t.tester.url} />
      <div className={css.settings}>
        <Select
          label={t.tester.answers}
          disabled={!may}
          data={answerOptions(receiver.answerStatus)}
          value={String(receiver.answerStatus)}
          allowDeselect={false}
          onChange={(status) => change.mutate({ answerStatus: Number(status) }, { onError: say })}
        />
        <Select
          label={t.tester.delay}
          disabled={!may}
          data={delayOptions(receiver.delaySeconds)}
          value={String(receiver.delaySeconds)}
          allowDeselect={false}
          onChange={(seconds) => change.mutate({ delaySeconds: Number(seconds) }, { onError: say })}
        />
        <dl className={css.check}>
          <dt>{t.tester.checks}</dt>
          <dd>{receiver.hasSecret ? t.tester.checksOwn : t.tester.checksWebhook}</dd>
        </dl>
      </div>
      <Senders receiver={receiver} />
      {dialog === 'secret' && <ReceiverSecret receiver={receiver} close={close} />}
      {dialog === 'remove' && <RemoveReceiver receiver={receiver} close={close} removed={removed} />}
    </Panel>
  )
}

function Actions({ open }: { open: (dialog: 'secret' | 'remove') => void }) {
  return (
    <Menu position="bottom-end" shadow="md">
      <Menu.Target>
        <ActionIcon variant="subtle" aria-label={t.tester.actions}>
          <IconDots size={18} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<IconKey size={16} />} onClick={() => open('secret')}>
          {t.tester.setSecret}
        </Menu.Item>
        <Menu.Item leftSection={<IconTrash size={16} />} c="var(--b9-bad)" onClick={() => open('remove')}>
          {t.tester.remove}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}

// sendersOf are the webhooks that point to a receiver.
export const sendersOf = (receiver: Receiver, webhooks: Webhook[] | undefined): Webhook[] =>
  webhooks?.filter((webhook) => webhook.url === receiver.url) ?? []

function Senders({ receiver }: { receiver: Receiver }) {
  const { chatbotId } = receiver
  const webhooks = useQuery(webhooksQuery(chatbotId))
  const may = useMay('developer')
  const senders = sendersOf(receiver, webhooks.data)
  if (!webhooks.data) return null
  if (senders.length === 0) {
    return (
      <div className={css.sender}>
        <span className="dim">{t.tester.addWebhookLead}</span>
        {may && (
          <LinkButton
            component="a"
            to="/$chatbotId/webhooks/new"
            params={{ chatbotId }}
            search={{ receiver: receiver.id }}
            leftSection={<IconPlus size={16} />}
          >
            {t.tester.addWebhook}
          </LinkButton>
        )}
      </div>
    )
  }
  return (
    <ul className={css.senders} aria-label={t.tester.webhooks}>
      {senders.map((webhook) => (
        <li className={css.sender} key={webhook.id}>
          <span style={{ minWidth: 0 }}>
            <LinkAnchor
              component="a"
              to="/$chatbotId/webhooks/$webhookId"
              params={{ chatbotId, webhookId: webhook.id }}
              search={{}}
              underline="always"
            >
              {webhook.description || webhook.id}
            </LinkAnchor>
            <span className="dim"> · {eventsInWords(webhook.events)}</span>
          </span>
          {may && <SendTest webhook={webhook} />}
        </li>
      ))}
    </ul>
  )
}

function RemoveReceiver({ receiver, close, removed }: { receiver: Receiver; close: () => void; removed: () => void }) {
  const queries = useQueryClient()
  const { chatbotId, id: receiverId } = receiver
  const remove = useMutation({
    mutationFn: () =>
      answered(api.DELETE('/api/{chatbotId}/receivers/{receiverId}', { params: { path: { chatbotId, receiverId } } })),
    onSuccess() {
      queries.setQueryData(receiversQuery(chatbotId).queryKey, (all) => all?.filter((each) => each.id !== receiverId))
      removed()
    },
  })
  return (
    <Confirm
      title={t.tester.removeTitle}
      lead={t.tester.removeLead}
      action={t.actions.delete}
      confirm={() => remove.mutate()}
      pending={remove.isPending}
      error={remove.error}
      close={close}
    />
  )
}
