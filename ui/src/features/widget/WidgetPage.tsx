import { Button, Grid, Group, Skeleton, Stack, Text } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { useMemo, useState } from 'react'
import { ChatBox } from '../../components/ChatBox'
import { CopyField } from '../../components/Copy'
import { ErrorNote } from '../../components/Note'
import { Page } from '../../components/Page'
import { Panel } from '../../components/Panel'
import { ApiError, answered, api } from '../../lib/api/client'
import { chatbotsQuery, widgetQuery } from '../../lib/api/queries'
import type { Widget } from '../../lib/api/shapes'
import { useMay } from '../../lib/permissions'
import { t } from '../../lib/strings'
import { AccessFields, LookFields, OfferFields } from './WidgetFields'

const PREVIEW_HEIGHT = 600

export function WidgetPage() {
  const { chatbotId } = useParams({ from: '/app/$chatbotId/settings/widget' })
  const widget = useQuery(widgetQuery(chatbotId))
  return (
    <Page title={t.widget.title} lead={t.widget.lead}>
      {widget.isPending && <Skeleton height={640} radius={12} />}
      {widget.isError && <ErrorNote error={widget.error} retry={widget.refetch} />}
      {widget.data && <WidgetForm key={chatbotId} chatbotId={chatbotId} saved={widget.data} />}
    </Page>
  )
}

function WidgetForm({ chatbotId, saved }: { chatbotId: string; saved: Widget }) {
  const [draft, setDraft] = useState(saved)
  const queries = useQueryClient()
  const mayEdit = useMay('developer')
  const { data: chatbots } = useQuery(chatbotsQuery)
  const name = chatbots?.find((chatbot) => chatbot.id === chatbotId)?.name ?? ''
  const save = useMutation({
    mutationFn: () => {
      const { chatbotId: _, identitySecret: __, ...body } = draft
      return answered(api.PATCH('/api/{chatbotId}/widget', { params: { path: { chatbotId } }, body }))
    },
    onSuccess: (after) => {
      setDraft(after)
      queries.setQueryData(widgetQuery(chatbotId).queryKey, after)
      notifications.show({ message: t.widget.saved })
    },
  })
  const wrong = save.error instanceof ApiError ? save.error : undefined
  const look = useMemo(() => ({ ...draft, name }), [draft, name])
  const change = (part: Partial<Widget>) => setDraft((before) => ({ ...before, ...part }))
  const parts = { draft, change, disabled: !mayEdit, wrong }
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        save.mutate()
      }}
    >
      <Grid gap="lg">
        <Grid.Col span={{ base: 12, md: 7 }}>
          <Stack gap="lg">
            <Panel title={t.widget.install} padded>
              <Stack gap="xs">
                <Text size="sm" c="dimmed">
                  {t.widget.installLead}
                </Text>
                <CopyField
                  label={t.widget.line}
                  value={`<script src="${window.location.origin}/widget.js" data-chatbot="${chatbotId}" async></script>`}
                />
              </Stack>
            </Panel>
            <LookFields {...parts} />
            <OfferFields {...parts} />
            <AccessFields {...parts} />
            <ErrorNote error={save.error} />
            {mayEdit && (
              <Group justify="flex-end">
                <Button variant="default" onClick={() => setDraft(saved)}>
                  {t.actions.undo}
                </Button>
                <Button type="submit" loading={save.isPending}>
                  {t.actions.save}
                </Button>
              </Group>
            )}
          </Stack>
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 5 }}>
          <div style={{ position: 'sticky', top: 16 }}>
            <Panel title={t.widget.preview} padded>
              <ChatBox chatbotId={chatbotId} settings={look} height={PREVIEW_HEIGHT} />
            </Panel>
          </div>
        </Grid.Col>
      </Grid>
    </form>
  )
}
