import { Button, Group, Modal, Select, Stack, Text } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconSend } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { answered, api } from '../lib/api/client'
import { eventTypesQuery } from '../lib/api/queries'
import type { Attempt, Webhook } from '../lib/api/shapes'
import { failureWords, firstSentence } from '../lib/format/failure'
import { pretty } from '../lib/format/highlight'
import { duration } from '../lib/format/numbers'
import { t } from '../lib/strings'
import { Code } from './Code'
import { ErrorNote, Note } from './Note'

export function SendTest({ webhook }: { webhook: Webhook }) {
  const [opened, { open, close }] = useDisclosure()
  return (
    <>
      <Button variant="default" leftSection={<IconSend size={16} />} onClick={open}>
        {t.webhooks.test}
      </Button>
      {opened && <TestDialog webhook={webhook} close={close} />}
    </>
  )
}

function TestDialog({ webhook, close }: { webhook: Webhook; close: () => void }) {
  const { chatbotId, id: webhookId } = webhook
  const types = useQuery(eventTypesQuery(chatbotId))
  const [event, setEvent] = useState('ping')
  const queries = useQueryClient()
  const send = useMutation({
    mutationFn: () =>
      answered(
        api.POST('/api/{chatbotId}/webhooks/{webhookId}/test', {
          params: { path: { chatbotId, webhookId } },
          body: { event },
        }),
      ),
    onSettled: () => queries.invalidateQueries({ queryKey: [chatbotId, 'stats', webhookId] }),
  })
  return (
    <Modal
      opened
      onClose={close}
      title={t.webhooks.testTitle}
      size="lg"
      closeButtonProps={{ 'aria-label': t.actions.close }}
    >
      <Stack>
        <Text c="dimmed">{t.webhooks.testLead}</Text>
        <Group align="flex-end">
          <Select
            style={{ flex: 1 }}
            label={t.webhooks.testEvent}
            data={types.data?.map((type) => type.name) ?? ['ping']}
            value={event}
            onChange={(value) => value && setEvent(value)}
            allowDeselect={false}
            searchable
          />
          <Button loading={send.isPending} onClick={() => send.mutate()}>
            {t.webhooks.testSend}
          </Button>
        </Group>
        <ErrorNote error={send.error} />
        {send.data && !send.isPending && <TestOutcome attempt={send.data} />}
      </Stack>
    </Modal>
  )
}

function TestOutcome({ attempt }: { attempt: Attempt }) {
  const failure = failureWords(attempt.outcome, attempt.responseStatus)
  return (
    <Stack gap="sm" role="status">
      {failure ? (
        <Note tone="bad" title={failure.title}>
          {attempt.error && firstSentence(attempt.error)}. {failure.advice}
        </Note>
      ) : (
        <Note tone="ok" title={`${attempt.responseStatus} · ${t.webhooks.testOk(duration(attempt.durationMs))}`} />
      )}
      {attempt.responseBody && <Code text={pretty(attempt.responseBody)} label={t.deliveries.response} json wrap />}
    </Stack>
  )
}
