import { Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { ErrorNote } from '../../components/Note'
import { answered, api } from '../../lib/api/client'
import { chatbotsQuery } from '../../lib/api/queries'
import type { Chatbot } from '../../lib/api/shapes'
import { t } from '../../lib/strings'

interface DialogProps {
  chatbot: Chatbot
  close: () => void
}

export function RenameChatbot({ chatbot, close }: DialogProps) {
  const [name, setName] = useState(chatbot.name)
  const queries = useQueryClient()
  const rename = useMutation({
    mutationFn: () =>
      answered(api.PATCH('/api/chatbots/{chatbotId}', { params: { path: { chatbotId: chatbot.id } }, body: { name } })),
    onSuccess() {
      close()
      return queries.invalidateQueries(chatbotsQuery)
    },
  })
  return (
    <Modal
      opened
      onClose={close}
      title={t.chatbots.rename(chatbot.name)}
      closeButtonProps={{ 'aria-label': t.actions.close }}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault()
          rename.mutate()
        }}
      >
        <Stack>
          <Text c="dimmed">{t.chatbots.renameLead}</Text>
          <TextInput
            label={t.chatbots.name}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            required
            maxLength={100}
            data-autofocus
          />
          <ErrorNote error={rename.error} />
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              {t.actions.cancel}
            </Button>
            <Button type="submit" loading={rename.isPending}>
              {t.actions.save}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}

// DeleteChatbot wants its name to be typed: more goes with a chatbot than with anything else.
export function DeleteChatbot({ chatbot, close }: DialogProps) {
  const [typed, setTyped] = useState('')
  const queries = useQueryClient()
  const navigate = useNavigate()
  const remove = useMutation({
    mutationFn: () =>
      answered(api.DELETE('/api/chatbots/{chatbotId}', { params: { path: { chatbotId: chatbot.id } } })),
    async onSuccess() {
      close()
      queries.setQueryData(chatbotsQuery.queryKey, (all) => all?.filter((each) => each.id !== chatbot.id))
      await navigate({ to: '/' })
      queries.removeQueries({ queryKey: [chatbot.id] })
    },
  })
  return (
    <Modal
      opened
      onClose={close}
      title={t.chatbots.removeTitle(chatbot.name)}
      closeButtonProps={{ 'aria-label': t.actions.close }}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault()
          remove.mutate()
        }}
      >
        <Stack>
          <Text c="dimmed">{t.chatbots.removeLead}</Text>
          <TextInput
            label={t.chatbots.removeType(chatbot.name)}
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value)}
            autoComplete="off"
            data-autofocus
          />
          <ErrorNote error={remove.error} />
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              {t.actions.cancel}
            </Button>
            <Button type="submit" color="red" disabled={typed.trim() !== chatbot.name} loading={remove.isPending}>
              {t.actions.delete}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
