import { Button, Group, Select, TextInput } from '@mantine/core'
import { IconPlus, IconSearch, IconWebhook } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { useMemo } from 'react'
import { Empty } from '../../components/Empty'
import { LinkButton } from '../../components/LinkButton'
import { LiveMark } from '../../components/LiveMark'
import { ErrorNote } from '../../components/Note'
import { Page } from '../../components/Page'
import { Panel } from '../../components/Panel'
import { RowSkeletons } from '../../components/Row'
import { chatbotStatsQuery, webhooksQuery } from '../../lib/api/queries'
import { count } from '../../lib/format/numbers'
import { useMay } from '../../lib/permissions'
import { t } from '../../lib/strings'
import { found, type WebhookSort } from './found'
import { WebhookRow } from './WebhookRow'
import css from './webhooks.module.css'

const PAGE = 25

export function WebhooksPage() {
  const { chatbotId } = useParams({ from: '/app/$chatbotId/webhooks' })
  const { q = '', sort, page = '1' } = useSearch({ from: '/app/$chatbotId/webhooks' })
  const navigate = useNavigate({ from: '/$chatbotId/webhooks' })
  const webhooks = useQuery(webhooksQuery(chatbotId))
  const stats = useQuery(chatbotStatsQuery(chatbotId, '24h'))
  const mayAdd = useMay('developer')
  const summaries = useMemo(() => new Map(stats.data?.webhooks.map((each) => [each.webhookId, each])), [stats.data])
  const all = webhooks.data && found(webhooks.data, summaries, q, sort)
  const pages = Math.max(1, Math.ceil((all?.length ?? 0) / PAGE))
  const current = Math.min(Math.max(1, Number(page) || 1), pages)
  const shown = all?.slice((current - 1) * PAGE, current * PAGE)
  const empty = webhooks.data?.length === 0
  const change = (next: { q?: string; sort?: WebhookSort; page?: string }) =>
    navigate({ search: (before) => ({ ...before, page: undefined, ...next }), replace: true })
  const add = mayAdd && (
    <LinkButton
      component="a"
      to="/$chatbotId/webhooks/new"
      params={{ chatbotId }}
      search={{}}
      leftSection={<IconPlus size={16} />}
    >
      {t.webhooks.add}
    </LinkButton>
  )
  return (
    <Page title={t.webhooks.title} lead={t.webhooks.lead} beside={<LiveMark />} actions={!empty && add}>
      {!empty && (
        <Group mb="md" gap="xs" className={css.tools}>
          <TextInput
            aria-label={t.webhooks.search}
            placeholder={t.webhooks.search}
            leftSection={<IconSearch size={16} />}
            value={q}
            onChange={(event) => change({ q: event.currentTarget.value || undefined })}
          />
          <Select
            aria-label={t.webhooks.sort}
            placeholder={t.webhooks.oldest}
            clearable
            data={Object.entries(t.webhooks.sorts).map(([value, label]) => ({ value, label }))}
            value={sort ?? null}
            onChange={(value) => change({ sort: (value ?? undefined) as WebhookSort | undefined })}
          />
        </Group>
      )}
      <Panel>
        {webhooks.isPending && <RowSkeletons rows={5} height={36} />}
        {webhooks.isError && !webhooks.data && <ErrorNote error={webhooks.error} retry={webhooks.refetch} />}
        {empty && (
          <Empty icon={IconWebhook} title={t.webhooks.empty} action={add}>
            {t.webhooks.emptyLead}
          </Empty>
        )}
        {!empty && all?.length === 0 && (
          <Empty
            icon={IconSearch}
            title={t.webhooks.emptyFiltered}
            action={
              <Button variant="default" onClick={() => change({ q: undefined })}>
                {t.actions.clear}
              </Button>
            }
          />
        )}
        {shown?.map((webhook) => (
          <WebhookRow key={webhook.id} webhook={webhook} summary={summaries.get(webhook.id)} />
        ))}
      </Panel>
      {pages > 1 && (
        <Group justify="space-between" mt="md" component="nav" aria-label={t.webhooks.pages}>
          <Button variant="default" disabled={current === 1} onClick={() => change({ page: String(current - 1) })}>
            {t.actions.previous}
          </Button>
          <span className="dim num" role="status">
            {t.webhooks.pageOf(count(current), count(pages), count(all?.length ?? 0))}
          </span>
          <Button variant="default" disabled={current === pages} onClick={() => change({ page: String(current + 1) })}>
            {t.actions.next}
          </Button>
        </Group>
      )}
    </Page>
  )
}
