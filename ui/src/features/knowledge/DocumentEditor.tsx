import { Button, Group, Modal, Skeleton, Stack, Textarea, TextInput } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { Confirm } from '../../components/Confirm'
import { ErrorNote } from '../../components/Note'
import { ApiError, answered, api } from '../../lib/api/client'
import { documentQuery } from '../../lib/api/queries'
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
          initial={document.data ?? { title: '', text: '' }}
          close={close}
        />
      )}
    </Modal>
  )
}

interface DocumentFormProps {
  chatbotId: string
  documentId: string | undefined
  initial: { title: string; text: string }
  close: () => void
}

function DocumentForm({ chatbotId, documentId, initial, close }: DocumentFormProps) {
  const [title, setTitle] = useState(initial.title)
  const [text, setText] = useState(initial.text)
  const [removing, setRemoving] = useState(false)
  const queries = useQueryClient()
  const mayEdit = useMay('developer')
  const changed = () => {
    close()
    void queries.invalidateQueries({ queryKey: [chatbotId, 'document'] })
    return queries.invalidateQueries({ queryKey: [chatbotId, 'documents'] })
  }
  const save = useMutation({
    mutationFn: () => {
      const body = { title, text }
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
          label={t.knowledge.docText}
          description={t.knowledge.docTextHint}
          required
          autosize
          minRows={12}
          maxRows={24}
          readOnly={!mayEdit}
          value={text}
          error={wrong?.field('text')}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        {!wrong?.fields.length && <ErrorNote error={save.error} />}
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
