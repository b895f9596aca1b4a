import { Group, SegmentedControl, Skeleton, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { lazy, Suspense } from 'react'
import { accountQuery, chatbotsQuery } from '../../api/queries'
import { Code } from '../../parts/Code'
import { LinkButton } from '../../parts/links'
import { Page } from '../../parts/Page'
import { Panel } from '../../parts/Panel'
import { lastChatbot } from '../../shell/session'
import { t } from '../../strings'
import { type Guide, guides } from './guides'

const Reference = lazy(() => import('./Reference').then((module) => ({ default: module.Reference })))

const EXAMPLE = 'bot_38g4k4jvm0001'

// DocsPage is open to all; who is logged in finds their own chatbot's ID filled in.
export function DocsPage() {
  const { guide } = useSearch({ from: '/app/docs' })
  const navigate = useNavigate({ from: '/docs' })
  const account = useQuery(accountQuery)
  const chatbots = useQuery({ ...chatbotsQuery, enabled: account.isSuccess })
  const last = lastChatbot()
  const chatbot = chatbots.data?.find((each) => each.id === last) ?? chatbots.data?.[0]
  const all = guides(window.location.origin, chatbot?.id ?? EXAMPLE)
  const chosen = all.find((each) => each.id === guide)
  return (
    <Page
      title={t.docs.title}
      lead={t.docs.lead}
      actions={
        account.isError && (
          <LinkButton component="a" to="/login" search={{ next: '/docs' }}>
            {t.docs.login}
          </LinkButton>
        )
      }
    >
      <Stack gap="lg">
        <Group justify="space-between">
          <div style={{ maxWidth: '100%', overflowX: 'auto' }}>
            <SegmentedControl
              aria-label={t.docs.title}
              value={chosen?.id ?? 'reference'}
              onChange={(id) => navigate({ search: { guide: id === 'reference' ? undefined : id } })}
              data={[
                { value: 'reference', label: t.docs.reference },
                ...all.map((each) => ({ value: each.id, label: each.title })),
              ]}
            />
          </div>
          {chatbot && (
            <Text c="dimmed" size="sm">
              {t.docs.yourChatbot}: <span className="mono">{chatbot.id}</span>
            </Text>
          )}
        </Group>
        {chosen ? (
          <GuideView guide={chosen} />
        ) : (
          <Suspense fallback={<Skeleton height={480} radius={12} aria-label={t.docs.loading} />}>
            <Reference chatbotId={chatbot?.id} />
          </Suspense>
        )}
      </Stack>
    </Page>
  )
}

function GuideView({ guide }: { guide: Guide }) {
  return (
    <Stack gap="lg">
      {guide.steps.map((step) => (
        <Panel key={step.title} title={step.title} padded>
          <Stack gap="sm">
            {step.text.map((paragraph) => (
              <Text key={paragraph} maw="72ch">
                {paragraph}
              </Text>
            ))}
            {step.code && <Code text={step.code} label={step.title} wrap />}
          </Stack>
        </Panel>
      ))}
    </Stack>
  )
}
