import { Button, Group, Select, Stack, Text } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { LinkButton } from '../../components/LinkButton'
import { ErrorNote, Note } from '../../components/Note'
import { Panel } from '../../components/Panel'
import { When } from '../../components/When'
import { answered, api } from '../../lib/api/client'
import { chatbotsQuery, keysQuery } from '../../lib/api/queries'
import type { DeviceLoginInfo } from '../../lib/api/shapes'
import { useMay } from '../../lib/permissions'
import { lastChatbot } from '../../lib/session'
import { t } from '../../lib/strings'
import css from './device.module.css'

// Decision shows who asks for a key, and lets somebody who may give one say yes or no.
export function Decision({ login }: { login: DeviceLoginInfo }) {
  const { data: chatbots = [] } = useQuery(chatbotsQuery)
  const [chosen, setChosen] = useState(lastChatbot())
  const chatbot = chatbots.find((each) => each.id === chosen) ?? chatbots[0]
  const mayDecide = useMay('admin')
  const queries = useQueryClient()
  const decide = useMutation({
    mutationFn: (approve: boolean) =>
      answered(
        api.POST('/api/auth/device/{userCode}', {
          params: { path: { userCode: login.userCode } },
          body: approve ? { approve, chatbotId: chatbot?.id } : { approve },
        }),
      ),
    onSuccess: () => chatbot && queries.invalidateQueries(keysQuery(chatbot.id)),
  })
  const status = decide.data?.status ?? login.status
  if (status === 'approved')
    return (
      <Note tone="ok" title={t.device.approved}>
        {t.device.approvedLead}
      </Note>
    )
  if (status === 'denied')
    return (
      <Note tone="info" title={t.device.denied}>
        {t.device.deniedLead}
      </Note>
    )
  return (
    <Panel padded>
      <Stack gap="lg">
        <div>
          <Text className="wrap-anywhere">
            <b>{login.clientName}</b> {t.device.asks}
          </Text>
          <Text c="dimmed" size="sm" mt={4}>
            {t.device.from(login.address)} <When at={login.createdAt} />. {t.device.unchecked}
          </Text>
        </div>
        <div className={css.code}>{login.userCode}</div>
        <Note tone="warn" title={t.device.compare}>
          {t.device.compareLead}
        </Note>
        {mayDecide && chatbots.length > 0 && (
          <Select
            label={t.device.chatbot}
            description={t.device.chatbotHint}
            data={chatbots.map((each) => ({ value: each.id, label: each.name }))}
            value={chatbot?.id ?? null}
            allowDeselect={false}
            onChange={setChosen}
          />
        )}
        {!mayDecide && <Note tone="info">{t.device.roleTooLow}</Note>}
        <ErrorNote error={decide.error} />
        {mayDecide && (
          <Group grow>
            <Button variant="default" onClick={() => decide.mutate(false)} disabled={decide.isPending}>
              {t.device.deny}
            </Button>
            {chatbots.length > 0 ? (
              <Button onClick={() => decide.mutate(true)} loading={decide.isPending && decide.variables}>
                {t.device.approve}
              </Button>
            ) : (
              <LinkButton component="a" to="/">
                {t.device.needsChatbot}
              </LinkButton>
            )}
          </Group>
        )}
      </Stack>
    </Panel>
  )
}
