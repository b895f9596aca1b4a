import '@mantine/spotlight/styles.css'
import { useMantineColorScheme } from '@mantine/core'
import { createSpotlight, Spotlight, type SpotlightActionGroupData } from '@mantine/spotlight'
import { IconSearch } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { webhooksQuery } from '../../lib/api/queries'
import type { Chatbot } from '../../lib/api/shapes'
import { t } from '../../lib/strings'

const [store, palette] = createSpotlight()

interface CommandPaletteProps {
  chatbots: Chatbot[]
  current: Chatbot | undefined
  close: () => void
}

export function CommandPalette({ chatbots, current, close }: CommandPaletteProps) {
  const navigate = useNavigate()
  const { toggleColorScheme } = useMantineColorScheme()
  const webhooks = useQuery({ ...webhooksQuery(current?.id ?? ''), enabled: current !== undefined })
  const [query, setQuery] = useState('')
  useEffect(() => palette.open(), [])

  const groups: SpotlightActionGroupData[] = [
    { group: t.palette.ids, actions: current ? placeOf(query.trim(), current.id, navigate) : [] },
    {
      group: t.palette.pages,
      actions: [
        ...(current ? pagesOf(current.id, navigate) : []),
        { id: 'docs', label: t.nav.docs, onClick: () => navigate({ to: '/docs' }) },
        { id: 'reference', label: t.docs.reference, onClick: () => navigate({ to: '/docs/reference' }) },
        { id: 'members', label: t.nav.members, onClick: () => navigate({ to: '/members' }) },
      ],
    },
    {
      group: t.palette.actions,
      actions: [{ id: 'theme', label: t.palette.toggle, onClick: toggleColorScheme }],
    },
    {
      group: t.palette.webhooks,
      actions: (webhooks.data ?? []).map((webhook) => ({
        id: webhook.id,
        label: webhook.url,
        description: webhook.description,
        onClick: () =>
          navigate({
            to: '/$chatbotId/webhooks/$webhookId',
            params: { chatbotId: webhook.chatbotId, webhookId: webhook.id },
            search: {},
          }),
      })),
    },
    {
      group: t.palette.chatbots,
      actions: chatbots
        .filter((chatbot) => chatbot.id !== current?.id)
        .map((chatbot) => ({
          id: chatbot.id,
          label: chatbot.name,
          onClick: () => navigate({ to: '/$chatbotId/overview', params: { chatbotId: chatbot.id } }),
        })),
    },
  ]

  return (
    <Spotlight
      store={store}
      query={query}
      onQueryChange={setQuery}
      title={t.palette.title}
      shortcut={null}
      actions={groups.filter((group) => group.actions.length > 0)}
      nothingFound={t.palette.nothing}
      highlightQuery
      scrollable
      maxHeight={420}
      searchProps={{
        leftSection: <IconSearch size={18} />,
        placeholder: t.palette.placeholder,
        'aria-label': t.palette.placeholder,
      }}
      onSpotlightClose={close}
    />
  )
}

// placeOf leads to whatever an ID names.
function placeOf(id: string, chatbotId: string, navigate: ReturnType<typeof useNavigate>) {
  const to: Record<string, () => unknown> = {
    evt: () => navigate({ to: '/$chatbotId/events/$eventId', params: { chatbotId, eventId: id } }),
    dlv: () => navigate({ to: '/$chatbotId/deliveries/$deliveryId', params: { chatbotId, deliveryId: id } }),
    whk: () => navigate({ to: '/$chatbotId/webhooks/$webhookId', params: { chatbotId, webhookId: id }, search: {} }),
    conv: () => navigate({ to: '/$chatbotId/inbox', params: { chatbotId }, search: { conversation: id } }),
  }
  const open = to[id.match(/^([a-z]+)_[0-9a-v]{13}$/)?.[1] ?? '']
  return open ? [{ id, label: t.palette.openId(id), onClick: open }] : []
}

function pagesOf(chatbotId: string, navigate: ReturnType<typeof useNavigate>) {
  const params = { chatbotId }
  return [
    { id: 'overview', label: t.nav.overview, onClick: () => navigate({ to: '/$chatbotId/overview', params }) },
    { id: 'inbox', label: t.nav.inbox, onClick: () => navigate({ to: '/$chatbotId/inbox', params, search: {} }) },
    {
      id: 'knowledge',
      label: t.nav.knowledge,
      onClick: () => navigate({ to: '/$chatbotId/knowledge', params, search: {} }),
    },
    {
      id: 'answering',
      label: t.nav.answering,
      onClick: () => navigate({ to: '/$chatbotId/settings/answering', params }),
    },
    { id: 'widget', label: t.nav.widget, onClick: () => navigate({ to: '/$chatbotId/settings/widget', params }) },
    { id: 'keys', label: t.nav.keys, onClick: () => navigate({ to: '/$chatbotId/settings/keys', params }) },
    {
      id: 'webhooks',
      label: t.webhooks.title,
      onClick: () => navigate({ to: '/$chatbotId/webhooks', params, search: {} }),
    },
    {
      id: 'add',
      label: t.webhooks.add,
      onClick: () => navigate({ to: '/$chatbotId/webhooks/new', params, search: {} }),
    },
    { id: 'events', label: t.nav.events, onClick: () => navigate({ to: '/$chatbotId/events', params, search: {} }) },
    { id: 'tester', label: t.nav.tester, onClick: () => navigate({ to: '/$chatbotId/tester', params, search: {} }) },
  ]
}
