import { ActionIcon, Button, Menu } from '@mantine/core'
import { IconDots, IconKey, IconPlus, IconRefresh, IconTrash } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { lazy, Suspense, useState } from 'react'
import { Empty } from '../../components/Empty'
import { ErrorNote } from '../../components/Note'
import { Panel } from '../../components/Panel'
import { Row, RowSkeletons } from '../../components/Row'
import { Badge } from '../../components/Status'
import { useNow, When } from '../../components/When'
import { keysQuery } from '../../lib/api/queries'
import type { Key } from '../../lib/api/shapes'
import { countdown } from '../../lib/format/time'
import { t } from '../../lib/strings'
import css from './keys.module.css'

const CreateKey = lazy(() => import('./keyDialogs').then((module) => ({ default: module.CreateKey })))
const RotateKey = lazy(() => import('./keyDialogs').then((module) => ({ default: module.RotateKey })))
const RevokeKey = lazy(() => import('./keyDialogs').then((module) => ({ default: module.RevokeKey })))

type Dialog = { kind: 'create' } | { kind: 'rotate' | 'revoke'; key: Key }

export function KeyList({ chatbotId }: { chatbotId: string }) {
  const keys = useQuery(keysQuery(chatbotId))
  const [dialog, setDialog] = useState<Dialog>()
  const close = () => setDialog(undefined)
  const create = (
    <Button leftSection={<IconPlus size={16} />} variant="default" onClick={() => setDialog({ kind: 'create' })}>
      {t.keys.create}
    </Button>
  )
  return (
    <Panel title={t.keys.section} aside={create}>
      {keys.isPending && <RowSkeletons rows={2} />}
      {keys.isError && !keys.data && <ErrorNote error={keys.error} retry={keys.refetch} />}
      {keys.data?.length === 0 && (
        <Empty icon={IconKey} title={t.keys.empty}>
          {t.keys.emptyLead}
        </Empty>
      )}
      {keys.data?.map((key) => (
        <KeyRow
          key={key.id}
          secretKey={key}
          rotate={() => setDialog({ kind: 'rotate', key })}
          revoke={() => setDialog({ kind: 'revoke', key })}
        />
      ))}
      <Suspense>
        {dialog?.kind === 'create' && <CreateKey chatbotId={chatbotId} close={close} />}
        {dialog?.kind === 'rotate' && <RotateKey chatbotId={chatbotId} secretKey={dialog.key} close={close} />}
        {dialog?.kind === 'revoke' && <RevokeKey chatbotId={chatbotId} secretKey={dialog.key} close={close} />}
      </Suspense>
    </Panel>
  )
}

interface KeyRowProps {
  secretKey: Key
  rotate: () => void
  revoke: () => void
}

function KeyRow({ secretKey, rotate, revoke }: KeyRowProps) {
  const name = secretKey.name || t.keys.unnamed
  const now = useNow()
  const left = secretKey.graceUntil ? Date.parse(secretKey.graceUntil) - now : 0
  return (
    <Row className={css.key}>
      <div style={{ minWidth: 0 }}>
        <div className="clip" style={{ fontWeight: 550 }}>
          {name}
        </div>
        <span className="mono dim">bot9_sk_…{secretKey.hint}</span>
      </div>
      <div className={css.fact}>
        <span className="dim">{t.keys.created}</span> <When at={secretKey.createdAt} />
      </div>
      <div className={css.fact}>
        {secretKey.lastUsedAt ? (
          <>
            <span className="dim">{t.keys.lastUsed}</span> <When at={secretKey.lastUsedAt} />
          </>
        ) : (
          <span className="dim">{t.keys.never}</span>
        )}
      </div>
      <div className={css.grace}>
        {left > 0 && (
          <Badge tone="warn" icon={IconRefresh}>
            {t.keys.grace(countdown(left))}
          </Badge>
        )}
      </div>
      <Menu position="bottom-end" shadow="md">
        <Menu.Target>
          <ActionIcon variant="subtle" aria-label={t.keys.actionsFor(name)} className={css.actions}>
            <IconDots size={18} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconRefresh size={16} />} onClick={rotate}>
            {t.keys.rotate}
          </Menu.Item>
          <Menu.Item leftSection={<IconTrash size={16} />} c="var(--b9-bad)" onClick={revoke}>
            {t.keys.revoke}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </Row>
  )
}
