import { Badge, Button, Code, Group, Stack, Text, Textarea } from '@mantine/core'
import { useState } from 'react'
import { ErrorNote } from '../../components/Note'
import { Panel } from '../../components/Panel'
import { useMay } from '../../lib/permissions'
import { type TriedAnswer, useTry } from './queries'
import { words } from './strings'

export function TryPanel({ chatbotId }: { chatbotId: string }) {
  const may = useMay('developer')
  const [message, setMessage] = useState('')
  const attempt = useTry(chatbotId)
  if (!may) return null
  return (
    <Panel title={words.tryIt} padded>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          if (message.trim() !== '') attempt.mutate(message)
        }}
      >
        <Stack>
          <Text size="sm" c="dimmed">
            {words.tryLead}
          </Text>
          <Textarea
            aria-label={words.question}
            placeholder={words.question}
            autosize
            minRows={2}
            value={message}
            onChange={(event) => setMessage(event.currentTarget.value)}
          />
          <Group justify="flex-end">
            <Button type="submit" variant="default" loading={attempt.isPending} disabled={message.trim() === ''}>
              {words.ask}
            </Button>
          </Group>
          <ErrorNote error={attempt.error} />
          {attempt.data && <Tried answer={attempt.data} />}
        </Stack>
      </form>
    </Panel>
  )
}

function verdict(answer: TriedAnswer): { label: string; color: string } {
  if (answer.error !== '') return { label: words.failed, color: 'red' }
  if (answer.answerFound) return { label: words.found, color: 'green' }
  if (answer.suggestions.length > 0) return { label: words.unsure, color: 'yellow' }
  return { label: words.notFound, color: 'gray' }
}

function Tried({ answer }: { answer: TriedAnswer }) {
  const { label, color } = verdict(answer)
  const { inputTokens, outputTokens, milliseconds, model } = answer.usage
  return (
    <Stack gap="sm" aria-live="polite">
      <Group gap="xs">
        <Badge variant="light" color={color}>
          {label}
        </Badge>
        <Text size="xs" c="dimmed">
          {words.usage(inputTokens, outputTokens, milliseconds, model)}
        </Text>
      </Group>
      <Text size="sm" style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
        {answer.message}
      </Text>
      {answer.error !== '' && (
        <Text size="sm" c="red">
          {answer.error}
        </Text>
      )}
      {answer.suggestions.length > 0 && (
        <Text size="sm">{answer.suggestions.map((suggestion) => suggestion.title).join(' · ')}</Text>
      )}
      {answer.sources.length > 0 && (
        <div>
          <Text size="xs" fw={600}>
            {words.sources}
          </Text>
          {answer.sources.map((source, i) => (
            <Text size="xs" c="dimmed" key={`${source.documentId}-${source.passage}`}>
              [{i + 1}] {source.title} · {source.score.toFixed(2)}
            </Text>
          ))}
        </div>
      )}
      {answer.prompt.length > 0 && (
        <details>
          <summary>{words.prompt}</summary>
          <Stack gap={4} mt={6}>
            {answer.prompt.map((part, i) => (
              <Code block key={i}>
                {`${part.role}\n${part.content}`}
              </Code>
            ))}
          </Stack>
        </details>
      )}
    </Stack>
  )
}
