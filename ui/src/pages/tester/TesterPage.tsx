import { Button, Select, Stack } from '@mantine/core'
import { IconCheck, IconFlask, IconInbox, IconX } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { webhooksQuery } from '../../api/queries'
import { Code } from '../../parts/Code'
import { CopyField } from '../../parts/Copy'
import { Empty } from '../../parts/Empty'
import { ErrorNote } from '../../parts/Note'
import { Page } from '../../parts/Page'
import { Panel } from '../../parts/Panel'
import { RowSkeletons } from '../../parts/Row'
import { Badge } from '../../parts/Status'
import { When } from '../../parts/When'
import { t } from '../../strings'
import { pretty } from '../../words/highlight'
import { SendTest } from '../webhooks/SendTest'
import { type Received, receivedQuery, receiverToken } from './received'
import css from './tester.module.css'

export function TesterPage() {
  const { chatbotId } = useParams({ from: '/app/$chatbotId/tester' })
  const { inbox } = useSearch({ from: '/app/$chatbotId/tester' })
  const navigate = useNavigate({ from: '/$chatbotId/tester' })
  const webhooks = useQuery(webhooksQuery(chatbotId))
  const receiving = webhooks.data?.filter((webhook) => receiverToken(webhook.url)) ?? []
  const chosen = receiving.find((webhook) => webhook.id === inbox) ?? receiving[0]
  return (
    <Page title={t.tester.title} lead={t.tester.lead} actions={chosen && <SendTest webhook={chosen} />}>
      {webhooks.isPending && <RowSkeletons />}
      {webhooks.data && !chosen && (
        <Panel>
          <Empty icon={IconFlask} title={t.tester.none}>
            {t.tester.noneLead}
          </Empty>
        </Panel>
      )}
      {chosen && (
        <Stack gap="lg">
          <Panel title={t.tester.url} padded>
            {receiving.length > 1 && (
              <Select
                mb="sm"
                aria-label={t.tester.url}
                data={receiving.map((webhook) => ({ value: webhook.id, label: webhook.description || webhook.url }))}
                value={chosen.id}
                allowDeselect={false}
                onChange={(id) => navigate({ search: { inbox: id ?? undefined }, replace: true })}
              />
            )}
            <CopyField value={chosen.url} label={t.tester.url} />
          </Panel>
          <Requests token={receiverToken(chosen.url) ?? ''} />
        </Stack>
      )}
    </Page>
  )
}

function Requests({ token }: { token: string }) {
  const received = useQuery(receivedQuery(token))
  return (
    <Panel title={t.tester.requests}>
      {received.isPending && <RowSkeletons />}
      {received.isError && <ErrorNote error={received.error} retry={received.refetch} />}
      {received.data === null && (
        <Empty icon={IconInbox} title={t.tester.none}>
          {t.tester.gone}
        </Empty>
      )}
      {received.data?.length === 0 && (
        <Empty icon={IconInbox} title={t.tester.empty}>
          {t.tester.emptyLead}
        </Empty>
      )}
      {received.data?.map((request) => (
        <RequestRow key={`${request.receivedAt}-${request.headers['webhook-id']}`} request={request} />
      ))}
    </Panel>
  )
}

function RequestRow({ request }: { request: Received }) {
  const [open, setOpen] = useState(false)
  return (
    <div className={css.request}>
      <Button
        variant="subtle"
        fullWidth
        justify="flex-start"
        radius={0}
        h={48}
        aria-expanded={open}
        onClick={() => setOpen(!open)}
      >
        <span className={css.line}>
          {request.verified ? (
            <Badge tone="ok" icon={IconCheck}>
              {t.tester.good}
            </Badge>
          ) : (
            <Badge tone="bad" icon={IconX}>
              {t.tester.bad}
            </Badge>
          )}
          <span className="clip">{request.headers['bot9-event']}</span>
          <When at={request.receivedAt} className="dim num" />
        </span>
      </Button>
      {open && (
        <div className={css.body}>
          {request.problem && <p>{request.problem}</p>}
          <Code text={pretty(request.body)} label={t.deliveries.body} json wrap />
          <Code
            text={Object.keys(request.headers)
              .sort()
              .map((name) => `${name}: ${request.headers[name]}`)
              .join('\n')}
            label={t.deliveries.headers}
            wrap
          />
        </div>
      )}
    </div>
  )
}
