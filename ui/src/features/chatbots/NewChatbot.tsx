import { Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { CopyField } from '../../components/Copy'
import { LinkButton } from '../../components/LinkButton'
import { ErrorNote } from '../../components/Note'
import { answered, api } from '../../lib/api/client'
import { chatbotsQuery } from '../../lib/api/queries'
import { t } from '../../lib/strings'

export interface CreatedChatbot {
  id: string
  name: string
  apiKey: { secret: string }
}

export function NewChatbot({ close }: { close: () => void }) {
  const [created, setCreated] = useState<CreatedChatbot>()
  return (
    <Modal
      opened
      onClose={close}
      title={created ? t.chatbots.created(created.name) : t.chatbots.create}
      closeButtonProps={{ 'aria-label': t.actions.close }}
    >
      {created ? (
        <NewChatbotSecret chatbot={created} onLeave={close} />
      ) : (
        <ChatbotForm lead={t.chatbots.createLead} onCreated={setCreated} />
      )}
    </Modal>
  )
}

export function ChatbotForm({ lead, onCreated }: { lead: string; onCreated: (chatbot: CreatedChatbot) => void }) {
  const [name, setName] = useState('')
  const queries = useQueryClient()
  const create = useMutation({
    mutationFn: () => answered(api.POST('/api/chatbots', { body: { name } })),
    onSuccess(chatbot) {
      onCreated(chatbot)
      void queries.invalidateQueries(chatbotsQuery)
    },
  })
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        create.mutate()
      }}
    >
      <Stack>
        <Text c="dimmed">{lead}</Text>
        <TextInput
          label={t.chatbots.name}
          placeholder={t.chatbots.namePlaceholder}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          required
          maxLength={100}
          data-autofocus
        />
        <ErrorNote error={create.error} />
        <Button type="submit" loading={create.isPending}>
          {t.chatbots.save}
        </Button>
      </Stack>
    </form>
  )
}

export function NewChatbotSecret({ chatbot, onLeave }: { chatbot: CreatedChatbot; onLeave?: () => void }) {
  const params = { chatbotId: chatbot.id }
  return (
    <Stack>
      <Text c="dimmed">{t.chatbots.createdLead}</Text>
      <div>
        <Text size="sm" fw={550} mb={4}>
          {t.chatbots.id}
        </Text>
        <CopyField value={chatbot.id} label={t.chatbots.id} />
      </div>
      <div>
        <Text size="sm" fw={550} mb={4}>
          {t.chatbots.key}
        </Text>
        <CopyField value={chatbot.apiKey.secret} label={t.chatbots.key} />
      </div>
      <Group grow>
        <LinkButton component="a" variant="default" to="/$chatbotId/overview" params={params} onClick={onLeave}>
          {t.chatbots.toOverview}
        </LinkButton>
        <LinkButton component="a" to="/$chatbotId/webhooks/new" params={params} onClick={onLeave}>
          {t.chatbots.toWebhook}
        </LinkButton>
      </Group>
    </Stack>
  )
}
