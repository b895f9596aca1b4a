import { Button, Group, Skeleton, Text, TextInput } from '@mantine/core'
import { IconQuestionMark, IconTarget } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Empty } from '../../components/Empty'
import { LinkAnchor } from '../../components/LinkAnchor'
import { ErrorNote } from '../../components/Note'
import { Panel } from '../../components/Panel'
import { Badge } from '../../components/Status'
import { answered, api } from '../../lib/api/client'
import { answeringQuery } from '../../lib/api/queries'
import type { Passage } from '../../lib/api/shapes'
import { marks } from '../../lib/format/marks'
import { percent } from '../../lib/format/numbers'
import { t } from '../../lib/strings'
import css from './knowledge.module.css'

interface TryQuestionProps {
  chatbotId: string
  question: string | undefined
  ask: (question: string) => void
}

export function TryQuestion({ chatbotId, question, ask }: TryQuestionProps) {
  const [text, setText] = useState(question ?? '')
  const passages = useQuery({
    queryKey: [chatbotId, 'documents', 'search', question],
    queryFn: () =>
      answered(
        api.POST('/api/{chatbotId}/knowledge/search', { params: { path: { chatbotId } }, body: { q: question ?? '' } }),
      ).then((list) => list.data),
    enabled: question !== undefined,
  })
  const answering = useQuery({ ...answeringQuery(chatbotId), select: ({ data }) => data })
  return (
    <Panel title={t.knowledge.try}>
      <form
        style={{ padding: 18 }}
        onSubmit={(event) => {
          event.preventDefault()
          ask(text.trim())
        }}
      >
        <Text c="dimmed" mb="sm">
          {t.knowledge.tryLead}
        </Text>
        <Group gap="xs" wrap="nowrap">
          <TextInput
            style={{ flex: 1 }}
            aria-label={t.knowledge.try}
            placeholder={t.knowledge.tryPlaceholder}
            value={text}
            maxLength={2000}
            onChange={(event) => setText(event.currentTarget.value)}
          />
          <Button type="submit">{t.knowledge.ask}</Button>
        </Group>
      </form>
      {passages.isFetching && !passages.data && <Skeleton height={80} m="md" />}
      <ErrorNote error={passages.error} />
      {passages.data?.length === 0 && (
        <Empty icon={IconQuestionMark} title={t.knowledge.nothing}>
          {t.knowledge.nothingLead}
        </Empty>
      )}
      {passages.data?.map((passage, i) => (
        <PassageRow
          key={`${passage.documentId}-${passage.text}`}
          chatbotId={chatbotId}
          passage={passage}
          best={i === 0 && passage.score >= (answering.data?.threshold ?? 1)}
        />
      ))}
    </Panel>
  )
}

interface PassageRowProps {
  chatbotId: string
  passage: Passage
  best: boolean
}

function PassageRow({ chatbotId, passage, best }: PassageRowProps) {
  return (
    <div className={css.passage}>
      <Group gap="xs" justify="space-between">
        <LinkAnchor
          component="a"
          to="/$chatbotId/knowledge"
          params={{ chatbotId }}
          search={(before) => ({ ...before, document: passage.documentId })}
          fw={550}
        >
          <Marked text={passage.title} words={passage.matched} />
          {passage.heading && passage.heading !== passage.title && (
            <>
              {' › '}
              <Marked text={passage.heading} words={passage.matched} />
            </>
          )}
        </LinkAnchor>
        {best && (
          <Badge tone="ok" icon={IconTarget}>
            {t.knowledge.best}
          </Badge>
        )}
      </Group>
      <div className="dim num" style={{ fontSize: '0.75rem' }}>
        {t.knowledge.score(percent(passage.score))}
        {passage.matched.length > 0 && ` · ${t.knowledge.matched}: ${passage.matched.join(', ')}`}
      </div>
      <p className={css.passageText}>
        <Marked text={passage.text} words={passage.matched} />
      </p>
    </div>
  )
}

function Marked({ text, words }: { text: string; words: string[] }) {
  return marks(text, words).map((piece, i) => (piece.marked ? <mark key={i}>{piece.text}</mark> : piece.text))
}
