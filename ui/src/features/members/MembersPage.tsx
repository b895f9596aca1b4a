import { ActionIcon, Button, Select, Stack } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconCheck, IconMail, IconTrash, IconUserPlus } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { Confirm } from '../../components/Confirm'
import { Detail } from '../../components/Details'
import { ErrorNote } from '../../components/Note'
import { Page } from '../../components/Page'
import { Panel } from '../../components/Panel'
import { Row, RowSkeletons } from '../../components/Row'
import { Badge } from '../../components/Status'
import { answered, api, messageOf } from '../../lib/api/client'
import { accountQuery, membersQuery } from '../../lib/api/queries'
import type { AccountInfo, Member, Role } from '../../lib/api/shapes'
import { count } from '../../lib/format/numbers'
import { useMay } from '../../lib/permissions'
import { t } from '../../lib/strings'
import { InviteMember } from './InviteMember'
import css from './members.module.css'

export function MembersPage() {
  const account = useQuery(accountQuery)
  const members = useQuery(membersQuery)
  const mayInvite = useMay('admin')
  const [inviting, setInviting] = useState(false)
  const invite = mayInvite && (
    <Button leftSection={<IconUserPlus size={16} />} onClick={() => setInviting(true)}>
      {t.members.invite}
    </Button>
  )
  return (
    <Page title={t.members.title} lead={account.data && t.members.lead(account.data.account.name)} actions={invite}>
      <Stack gap="lg">
        <Panel>
          {members.isPending && <RowSkeletons rows={3} height={36} />}
          <ErrorNote error={members.data ? undefined : members.error} retry={members.refetch} />
          {members.data?.map((member) => (
            <MemberRow key={member.id} member={member} you={member.id === account.data?.member?.id} />
          ))}
        </Panel>
        {account.data && <Limits quotas={account.data.quotas} />}
      </Stack>
      {inviting && <InviteMember close={() => setInviting(false)} />}
    </Page>
  )
}

// Limits says how much there may be of each thing, before somebody meets the limit.
function Limits({ quotas }: { quotas: AccountInfo['quotas'] }) {
  const names = Object.keys(t.members.limit) as (keyof typeof t.members.limit)[]
  return (
    <Panel title={t.members.limits} padded>
      <p className="dim" style={{ marginTop: 0 }}>
        {t.members.limitsLead}
      </p>
      <dl style={{ margin: 0, display: 'grid', gap: 10 }}>
        {names.map((name) => (
          <Detail key={name} name={t.members.limit[name]}>
            <span className="num">{quotas[name] === 0 ? t.members.unlimited : count(quotas[name])}</span>
          </Detail>
        ))}
      </dl>
    </Panel>
  )
}

function MemberRow({ member, you }: { member: Member; you: boolean }) {
  const queries = useQueryClient()
  const isOwner = useMay('owner')
  const isAdmin = useMay('admin')
  const mayChange = isOwner || (isAdmin && member.role !== 'owner')
  const [removing, setRemoving] = useState(false)
  const memberId = member.id
  const refresh = () => queries.invalidateQueries(membersQuery)
  const put = (changed: Member) =>
    void queries.setQueryData(membersQuery.queryKey, (all) =>
      all?.map((each) => (each.id === memberId ? changed : each)),
    )
  const change = useMutation({
    mutationFn: (role: Role) =>
      answered(api.PATCH('/api/auth/members/{memberId}', { params: { path: { memberId } }, body: { role } })),
    onMutate: (role) => put({ ...member, role }),
    onError(error) {
      put(member)
      notifications.show({ message: messageOf(error), color: 'red' })
    },
    onSettled: refresh,
  })
  const remove = useMutation({
    mutationFn: () => answered(api.DELETE('/api/auth/members/{memberId}', { params: { path: { memberId } } })),
    onSuccess() {
      setRemoving(false)
      return refresh()
    },
  })
  const name = member.name || member.email
  return (
    <Row className={css.member}>
      <div style={{ minWidth: 0 }}>
        <div className="clip" style={{ fontWeight: 550 }}>
          {name} {you && <span className="dim">({t.members.you})</span>}
        </div>
        <div className="clip dim">{member.email}</div>
      </div>
      <span className={css.state}>
        {member.status === 'invited' ? (
          <Badge tone="info" icon={IconMail}>
            {t.members.invited}
          </Badge>
        ) : (
          <Badge tone="ok" icon={IconCheck}>
            {t.members.active}
          </Badge>
        )}
      </span>
      {mayChange ? (
        <Select
          aria-label={t.members.roleOf(name)}
          data={roleOptions(isOwner)}
          value={member.role}
          allowDeselect={false}
          onChange={(role) => role && change.mutate(role as Role)}
        />
      ) : (
        <span>{t.account.roles[member.role]}</span>
      )}
      {mayChange && !you ? (
        <ActionIcon variant="subtle" aria-label={t.members.removeTitle(name)} onClick={() => setRemoving(true)}>
          <IconTrash size={17} />
        </ActionIcon>
      ) : (
        <span />
      )}
      {removing && (
        <Confirm
          title={t.members.removeTitle(name)}
          lead={t.members.removeLead}
          action={t.members.remove}
          confirm={() => remove.mutate()}
          pending={remove.isPending}
          error={remove.error}
          close={() => setRemoving(false)}
        />
      )}
    </Row>
  )
}

// roleOptions: only owners make owners.
export function roleOptions(isOwner: boolean): { value: string; label: string }[] {
  return Object.entries(t.account.roles)
    .filter(([value]) => isOwner || value !== 'owner')
    .map(([value, label]) => ({ value, label }))
}
