import { useMediaQuery } from '@mantine/hooks'
import { IconCheck, IconInbox, IconX } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Code } from '../../components/Code'
import { Empty } from '../../components/Empty'
import { ErrorNote, Note } from '../../components/Note'
import { Panel } from '../../components/Panel'
import { RowSkeletons } from '../../components/Row'
import { Badge } from '../../components/Status'
import { When } from '../../components/When'
import { receivedQuery, webhooksQuery } from '../../lib/api/queries'
import type { ReceivedRequest, Receiver } from '../../lib/api/shapes'
import { pretty } from '../../lib/format/highlight'
import { t } from '../../lib/strings'
import { sendersOf } from './ReceiverPanel'
import css from './tester.module.css'

// Requests is what came to a receiver, newest first, and one of them in full: beside the list, or on
// a narrow window below its row.
export function Requests({ receiver }: { receiver: Receiver }) {
  const received = useQuery(receivedQuery(receiver.chatbotId, receiver.id))
  const webhooks = useQuery(webhooksQuery(receiver.chatbotId))
  const wide = useMediaQuery('(min-width: 62em)', true, { getInitialValueInEffect: false })
  const [chosen, setChosen] = useState<string>()
  const all = received.data ?? []
  const shown = all.find((each) => each.id === chosen) ?? (wide ? all[0] : undefined)
  return (
    <Panel title={t.tester.requests} aside={all.length > 0 && <span className="dim">{t.tester.newest}</span>}>
      {received.isPending && <RowSkeletons />}
      {received.isError && <ErrorNote error={received.error} retry={received.refetch} />}
      {received.data?.length === 0 && (
        <Empty icon={IconInbox} title={t.tester.empty}>
          {sendersOf(receiver, webhooks.data).length > 0 ? t.tester.emptyLead : t.tester.emptyLeadNoWebhook}
        </Empty>
      )}
      {all.length > 0 && (
        <div className={css.panes}>
          <ul className={css.list} aria-label={t.tester.requests}>
            {all.map((each) => (
              <li key={each.id}>
                <RequestRow
                  request={each}
                  shown={each.id === shown?.id}
                  toggle={() => setChosen(!wide && each.id === shown?.id ? undefined : each.id)}
                />
                {!wide && each.id === shown?.id && <RequestDetail request={each} />}
              </li>
            ))}
          </ul>
          {wide && shown && <RequestDetail request={shown} />}
        </div>
      )}
    </Panel>
  )
}

interface RequestRowProps {
  request: ReceivedRequest
  shown: boolean
  toggle: () => void
}

function RequestRow({ request, shown, toggle }: RequestRowProps) {
  const fresh = Date.now() - Date.parse(request.receivedAt) < 3_000
  return (
    <button type="button" className={`${css.row} ${fresh ? 'arrived' : ''}`} aria-expanded={shown} onClick={toggle}>
      <Verdict request={request} />
      <span className="clip" style={{ fontWeight: 540 }}>
        {request.headers['bot9-event'] ?? t.tester.noType}
      </span>
      <When at={request.receivedAt} className="dim num" />
    </button>
  )
}

function Verdict({ request }: { request: ReceivedRequest }) {
  return request.verified ? (
    <Badge tone="ok" icon={IconCheck}>
      {t.tester.good}
    </Badge>
  ) : (
    <Badge tone="bad" icon={IconX}>
      {t.tester.bad}
    </Badge>
  )
}

function RequestDetail({ request }: { request: ReceivedRequest }) {
  const attempt = request.headers['bot9-attempt']
  const headers = Object.keys(request.headers)
    .sort()
    .map((name) => `${name}: ${request.headers[name]}`)
  return (
    <div className={css.detail}>
      {request.problem && <Note tone="bad" title={request.problem} />}
      <div className={css.facts}>
        <span>{t.tester.answered(request.answered)}</span>
        {attempt && <span>{t.tester.attempt(attempt)}</span>}
        <When at={request.receivedAt} />
      </div>
      <Code text={pretty(request.body)} label={t.deliveries.body} json wrap />
      {request.truncated && <p className="dim">{t.tester.truncated}</p>}
      <Code text={headers.join('\n')} label={t.deliveries.headers} wrap />
    </div>
  )
}
