import { ActionIcon, Button, Group, Modal, Stack, Textarea, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { IconMessage2, IconPencil, IconPlus, IconTrash } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Confirm } from '../../components/Confirm'
import { Empty } from '../../components/Empty'
import { ErrorNote } from '../../components/Note'
import { Panel } from '../../components/Panel'
import { Row, RowSkeletons } from '../../components/Row'
import { fromProblem, unplaced } from '../../lib/api/problems'
import type { CannedReply } from '../../lib/api/shapes'
import { useMay } from '../../lib/permissions'
import { t } from '../../lib/strings'
import css from './inbox.module.css'
import { useDeleteCanned, useSaveCanned } from './mutations'
import { cannedQuery } from './queries'
import { words } from './strings'

type Open = { what: 'edit'; reply?: CannedReply } | { what: 'delete'; reply: CannedReply }

// CannedReplies lists what agents say often.
export function CannedReplies({ chatbotId }: { chatbotId: string }) {
  const may = useMay('developer')
  const replies = useQuery(cannedQuery(chatbotId))
  const [open, setOpen] = useState<Open>()
  const close = () => setOpen(undefined)
  const say = words.settings
  return (
    <Panel
      title={words.canned}
      aside={
        may && (
          <Button size="xs" leftSection={<IconPlus size={15} />} onClick={() => setOpen({ what: 'edit' })}>
            {say.add}
          </Button>
        )
      }
    >
      {replies.isPending && <RowSkeletons rows={3} height={30} />}
      {replies.isError && !replies.data && <ErrorNote error={replies.error} retry={replies.refetch} />}
      {replies.data?.length === 0 && (
        <Empty icon={IconMessage2} title={say.none}>
          {say.noneLead}
        </Empty>
      )}
      {replies.data?.map((reply) => (
        <Row key={reply.id} className={css.cannedRow}>
          <strong>/{reply.name}</strong>
          <span className="clip dim">{reply.text}</span>
          {may && (
            <Group gap={2} wrap="nowrap">
              <ActionIcon
                variant="subtle"
                color="gray"
                aria-label={say.edit(reply.name)}
                onClick={() => setOpen({ what: 'edit', reply })}
              >
                <IconPencil size={16} />
              </ActionIcon>
              <ActionIcon
                variant="subtle"
                color="gray"
                aria-label={say.remove(reply.name)}
                onClick={() => setOpen({ what: 'delete', reply })}
              >
                <IconTrash size={16} />
              </ActionIcon>
            </Group>
          )}
        </Row>
      ))}
      {open?.what === 'edit' && <EditCanned chatbotId={chatbotId} reply={open.reply} close={close} />}
      {open?.what === 'delete' && <DeleteCanned chatbotId={chatbotId} reply={open.reply} close={close} />}
    </Panel>
  )
}

interface EditCannedProps {
  chatbotId: string
  reply: CannedReply | undefined
  close: () => void
}

function EditCanned({ chatbotId, reply, close }: EditCannedProps) {
  const form = useForm({ initialValues: { name: reply?.name ?? '', text: reply?.text ?? '' } })
  const save = useSaveCanned(chatbotId, reply, close)
  const leave = () => {
    if (!form.isDirty() || window.confirm(t.actions.leaveUnsaved)) close()
  }
  return (
    <Modal
      opened
      onClose={leave}
      title={reply ? words.settings.edit(reply.name) : words.settings.add}
      closeButtonProps={{ 'aria-label': t.actions.close }}
    >
      <form
        onSubmit={form.onSubmit((values) =>
          save.mutate(values, { onError: (error) => form.setErrors(fromProblem(error)) }),
        )}
      >
        <Stack>
          <TextInput
            label={words.settings.name}
            description={words.settings.nameHint}
            required
            data-autofocus
            {...form.getInputProps('name')}
          />
          <Textarea
            label={words.settings.text}
            required
            autosize
            minRows={4}
            maxRows={12}
            {...form.getInputProps('text')}
          />
          <ErrorNote error={unplaced(save.error, form.values)} />
          <Group justify="flex-end">
            <Button variant="default" onClick={leave}>
              {t.actions.cancel}
            </Button>
            <Button type="submit" loading={save.isPending}>
              {t.actions.save}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}

function DeleteCanned({ chatbotId, reply, close }: EditCannedProps & { reply: CannedReply }) {
  const remove = useDeleteCanned(chatbotId, close)
  return (
    <Confirm
      title={words.settings.removeTitle(reply.name)}
      lead={words.settings.removeLead}
      action={t.actions.delete}
      confirm={() => remove.mutate(reply.id)}
      pending={remove.isPending}
      error={remove.error}
      close={close}
    />
  )
}
