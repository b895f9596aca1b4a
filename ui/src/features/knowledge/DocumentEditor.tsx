import { Button, Group, Modal, SegmentedControl, Skeleton, Stack, Text, Textarea, TextInput } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { Confirm } from '../../components/Confirm'
import { ErrorNote } from '../../components/Note'
import { ApiError, answered, api } from '../../lib/api/client'
import { documentQuery } from '../../lib/api/queries'
import type { Document } from '../../lib/api/shapes'
import { useMay } from '../../lib/permissions'
import { t } from '../../lib/strings'

interface EditorProps {
  chatbotId: string
  documentId: string // 'new' for one that is not there yet
  close: () => void
}

export function DocumentEditor({ chatbotId, documentId, close }: EditorProps) {
  const isNew = documentId === 'new'
  const document = useQuery({ ...documentQuery(chatbotId, documentId), enabled: !isNew })
  return (
    <Modal
      opened
      onClose={close}
      size="xl"
      title={isNew ? t.knowledge.newTitle : (document.data?.title ?? t.knowledge.documents)}
      closeButtonProps={{ 'aria-label': t.actions.close }}
    >
      {!isNew && document.isPending && <Skeleton height={320} />}
      {!isNew && <ErrorNote error={document.error} />}
      {(isNew || document.data) && (
        <DocumentForm
          chatbotId={chatbotId}
          documentId={isNew ? undefined : documentId}
          initial={document.data ?? { kind: 'document', title: '', text: '', url: '', questions: [] }}
          close={close}
        />
      )}
    </Modal>
  )
}

interface DocumentFormProps {
  chatbotId: string
  documentId: string | undefined
  initial: Pick<Document, 'kind' | 'title' | 'text' | 'url' | 'questions'>
  close: () => void
}

function DocumentForm({ chatbotId, documentId, initial, close }: DocumentFormProps) {
  const [title, setTitle] = useState(initial.title)
  const [text, setText] = useState(initial.text)
  const [kind, setKind] = useState(initial.kind)
  const [url, setUrl] = useState(initial.url ?? '')
  const [questions, setQuestions] = useState(initial.questions.join('\n'))
  const [removing, setRemoving] = useState(false)
  const queries = useQueryClient()
  const mayEdit = useMay('developer')
  const changed = () => {
    close()
    void queries.invalidateQueries({ queryKey: [chatbotId, 'document'] })
    void queries.invalidateQueries({ queryKey: [chatbotId, 'knowledge-status'] })
    return queries.invalidateQueries({ queryKey: [chatbotId, 'documents'] })
  }
  const save = useMutation({
    mutationFn: () => {
      const asked = questions.split('\n').filter((line) => line.trim())
      const body = { kind, title, text, url: url.trim() || undefined, questions: asked }
      return documentId
        ? answered(
            api.PUT('/api/{chatbotId}/knowledge/{documentId}', { params: { path: { chatbotId, documentId } }, body }),
          )
        : answered(api.POST('/api/{chatbotId}/knowledge', { params: { path: { chatbotId } }, body }))
    },
    onSuccess: changed,
  })
  const remove = useMutation({
    mutationFn: () =>
      answered(
        api.DELETE('/api/{chatbotId}/knowledge/{documentId}', {
          params: { path: { chatbotId, documentId: documentId ?? '' } },
        }),
      ),
    onSuccess: changed,
  })
  const wrong = save.error instanceof ApiError ? save.error : undefined
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        save.mutate()
      }}
    >
      <Stack>
        <div>
          <SegmentedControl
            aria-label={t.knowledge.kind}
            readOnly={!mayEdit}
            value={kind}
            onChange={(chosen) => setKind(chosen as Document['kind'])}
            data={[
              { value: 'document', label: t.knowledge.kinds.document },
              { value: 'answer', label: t.knowledge.kinds.answer },
            ]}
          />
          <Text c="dimmed" size="sm" mt={4}>
            {t.knowledge.kindHints[kind]}
          </Text>
        </div>
        <TextInput
          label={t.knowledge.docTitle}
          required
          data-autofocus
          maxLength={200}
          readOnly={!mayEdit}
          value={title}
          error={wrong?.field('title')}
          onChange={(event) => setTitle(event.currentTarget.value)}
        />
        <Textarea
          label={kind === 'answer' ? t.knowledge.answerText : t.knowledge.docText}
          description={kind === 'answer' ? undefined : t.knowledge.docTextHint}
          required
          autosize
          minRows={kind === 'answer' ? 5 : 10}
          maxRows={20}
          readOnly={!mayEdit}
          value={text}
          error={wrong?.field('text')}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <Textarea
          label={t.knowledge.questions}
          description={t.knowledge.questionsHint}
          placeholder={t.knowledge.questionsPlaceholder}
          autosize
          minRows={3}
          maxRows={10}
          readOnly={!mayEdit}
          value={questions}
          error={wrong?.field('questions')}
          onChange={(event) => setQuestions(event.currentTarget.value)}
        />
        <TextInput
          label={t.knowledge.url}
          description={t.knowledge.urlHint}
          placeholder="https://"
          maxLength={2000}
          readOnly={!mayEdit}
          value={url}
          error={wrong?.field('url')}
          onChange={(event) => setUrl(event.currentTarget.value)}
        />
        {(!wrong?.fields.length || !!wrong.field('kind')) && <ErrorNote error={save.error} />}
        {mayEdit && (
          <Group justify="space-between">
            {documentId ? (
              <Button variant="subtle" color="red" onClick={() => setRemoving(true)}>
                {t.actions.delete}
              </Button>
            ) : (
              <span />
            )}
            <Group>
              <Button variant="default" onClick={close}>
                {t.actions.cancel}
              </Button>
              <Button type="submit" loading={save.isPending}>
                {t.actions.save}
              </Button>
            </Group>
          </Group>
        )}
      </Stack>
      {removing && (
        <Confirm
          title={t.knowledge.removeTitle(initial.title)}
          lead={t.knowledge.removeLead}
          action={t.actions.delete}
          confirm={() => remove.mutate()}
          pending={remove.isPending}
          error={remove.error}
          close={() => setRemoving(false)}
        />
      )}
    </form>
  )
}
