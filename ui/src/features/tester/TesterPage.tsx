import { Button, Select, Stack } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconFlask, IconPlus } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { Empty } from '../../components/Empty'
import { ErrorNote } from '../../components/Note'
import { Page } from '../../components/Page'
import { Panel } from '../../components/Panel'
import { RowSkeletons } from '../../components/Row'
import { answered, api, messageOf } from '../../lib/api/client'
import { receiversQuery } from '../../lib/api/queries'
import type { Receiver } from '../../lib/api/shapes'
import { useMay } from '../../lib/permissions'
import { t } from '../../lib/strings'
import { ReceiverPanel } from './ReceiverPanel'
import { Requests } from './Requests'
import css from './tester.module.css'

export function TesterPage() {
  const { chatbotId } = useParams({ from: '/app/$chatbotId/tester' })
  const { receiver } = useSearch({ from: '/app/$chatbotId/tester' })
  const navigate = useNavigate({ from: '/$chatbotId/tester' })
  const receivers = useQuery(receiversQuery(chatbotId))
  const open = (id: string | undefined) => navigate({ search: { receiver: id }, replace: true })
  const create = useCreate(chatbotId, (made) => open(made.id))
  const may = useMay('developer')
  const all = receivers.data ?? []
  const chosen = all.find((each) => each.id === receiver) ?? all.at(-1)
  const button = may && (
    <Button
      variant={chosen ? 'default' : 'filled'}
      leftSection={<IconPlus size={16} />}
      loading={create.isPending}
      onClick={() => create.mutate()}
    >
      {t.tester.create}
    </Button>
  )
  const choice = all.length > 1 && chosen && (
    <Select
      aria-label={t.tester.which}
      className={css.choice}
      data={all.map((each) => ({ value: each.id, label: nameOf(each) }))}
      value={chosen.id}
      allowDeselect={false}
      onChange={(id) => open(id ?? undefined)}
    />
  )
  return (
    <Page
      title={t.tester.title}
      lead={t.tester.lead}
      actions={
        chosen && (
          <div className={css.head}>
            {choice}
            {button}
          </div>
        )
      }
    >
      {receivers.isPending && <RowSkeletons />}
      {receivers.isError && !receivers.data && <ErrorNote error={receivers.error} retry={receivers.refetch} />}
      {receivers.data?.length === 0 && (
        <Panel>
          <Empty icon={IconFlask} title={t.tester.none} action={button}>
            {t.tester.noneLead}
          </Empty>
        </Panel>
      )}
      {chosen && (
        <Stack gap="lg">
          <ReceiverPanel key={chosen.id} receiver={chosen} removed={() => open(undefined)} />
          <Requests key={`${chosen.id} requests`} receiver={chosen} />
        </Stack>
      )}
    </Page>
  )
}

const nameOf = ({ description, url }: Receiver): string => description || `…/${url.slice(-10)}`

function useCreate(chatbotId: string, done: (made: Receiver) => void) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: () => answered(api.POST('/api/{chatbotId}/receivers', { params: { path: { chatbotId } }, body: {} })),
    onSuccess(made) {
      queries.setQueryData(receiversQuery(chatbotId).queryKey, (before = []) => [...before, made])
      done(made)
    },
    onError: (error) => notifications.show({ message: messageOf(error), color: 'red' }),
  })
}
