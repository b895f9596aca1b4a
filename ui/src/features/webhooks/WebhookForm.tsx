import { Accordion, Button, Group, Input, NumberInput, SegmentedControl, Stack, Switch, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { LinkAnchor } from '../../components/LinkAnchor'
import { ErrorNote } from '../../components/Note'
import { Panel } from '../../components/Panel'
import { ApiError } from '../../lib/api/client'
import { eventTypesQuery } from '../../lib/api/queries'
import { useChatbotId } from '../../lib/permissions'
import { t } from '../../lib/strings'
import type { Draft } from './draft'
import { EventPicker } from './EventPicker'
import { EventSample } from './EventSample'
import { FilterField } from './FilterField'
import { HeadersField } from './HeadersField'
import css from './webhooks.module.css'

const NARROW = 640

interface WebhookFormProps {
  initial: Draft
  save: (draft: Draft) => void
  cancel: () => void
  pending: boolean
  error: unknown
}

export function WebhookForm({ initial, save, cancel, pending, error }: WebhookFormProps) {
  const [draft, setDraft] = useState(initial)
  const [shown, setShown] = useState<string>()
  const types = useQuery(eventTypesQuery(useChatbotId()))
  const set = (change: Partial<Draft>) => setDraft((before) => ({ ...before, ...change }))
  const wrong = error instanceof ApiError ? error : undefined
  const inField = wrong && ['url', 'events', 'filter', 'headers'].some((name) => wrong.field(name))
  const sampleOf = shown ?? draft.events.find((name) => name !== '*' && !name.startsWith('custom.'))
  const sample = <EventSample type={types.data?.find((type) => type.name === sampleOf)} />

  return (
    <form
      className={css.form}
      onSubmit={(event) => {
        event.preventDefault()
        save(draft)
      }}
    >
      <Panel padded>
        <Stack gap="lg">
          <TextInput
            label={t.webhooks.url}
            description={draft.url ? t.webhooks.urlHint : <NoEndpoint />}
            placeholder={t.webhooks.urlPlaceholder}
            type="url"
            required
            value={draft.url}
            error={wrong?.field('url')}
            onChange={(event) => set({ url: event.currentTarget.value })}
          />
          <EventPicker
            types={types.data}
            chosen={draft.events}
            choose={(events) => set({ events })}
            shown={sampleOf}
            show={setShown}
            error={wrong?.field('events')}
          />
          <div className={css.below}>{sample}</div>
          <TextInput
            label={t.webhooks.description}
            placeholder={t.webhooks.descriptionPlaceholder}
            value={draft.description}
            error={wrong?.field('description')}
            onChange={(event) => set({ description: event.currentTarget.value })}
          />
          <Input.Wrapper label={t.webhooks.order} description={t.webhooks.orderHint} labelElement="div">
            <SegmentedControl
              aria-label={t.webhooks.order}
              mt={6}
              fullWidth={window.innerWidth < NARROW}
              value={draft.ordering}
              onChange={(ordering) => set({ ordering: ordering as Draft['ordering'] })}
              data={Object.entries(t.webhooks.ordering).map(([value, label]) => ({ value, label }))}
              orientation={window.innerWidth < NARROW ? 'vertical' : 'horizontal'}
            />
          </Input.Wrapper>
          <FilterField
            value={draft.filter}
            onChange={(filter) => set({ filter })}
            events={draft.events}
            error={wrong?.field('filter')}
          />
          <HeadersField
            headers={draft.headers}
            onChange={(headers) => set({ headers })}
            error={wrong?.field('headers')}
          />
          <Limits draft={draft} set={set} />
          {!inField && <ErrorNote error={error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={cancel}>
              {t.actions.cancel}
            </Button>
            <Button type="submit" loading={pending} disabled={draft.events.length === 0}>
              {t.actions.save}
            </Button>
          </Group>
        </Stack>
      </Panel>
      <div className={css.beside}>{sample}</div>
    </form>
  )
}

// NoEndpoint leads who has nowhere to send to yet to a URL that works at once.
function NoEndpoint() {
  const chatbotId = useChatbotId()
  return (
    <>
      {t.webhooks.urlHint}. {t.tester.noEndpoint}{' '}
      <LinkAnchor
        component="a"
        to="/$chatbotId/tester"
        params={{ chatbotId }}
        search={{}}
        fz="inherit"
        underline="always"
      >
        {t.tester.useTester}
      </LinkAnchor>
      .
    </>
  )
}

function Limits({ draft, set }: { draft: Draft; set: (change: Partial<Draft>) => void }) {
  const number = (value: string | number) => Number(value) || 0
  return (
    <Accordion variant="contained" chevronPosition="left">
      <Accordion.Item value="limits">
        <Accordion.Control>{t.webhooks.more}</Accordion.Control>
        <Accordion.Panel>
          <Stack>
            <NumberInput
              label={t.webhooks.timeout}
              description={t.webhooks.timeoutHint}
              min={1}
              max={30}
              value={draft.timeoutSeconds}
              onChange={(value) => set({ timeoutSeconds: number(value) })}
            />
            <NumberInput
              label={t.webhooks.setAside}
              description={t.webhooks.setAsideHint}
              min={0}
              max={100}
              value={draft.setAsideAfter}
              onChange={(value) => set({ setAsideAfter: number(value) })}
            />
            <NumberInput
              label={t.webhooks.maxInFlight}
              placeholder={t.webhooks.automatic}
              min={0}
              max={1000}
              value={draft.maxInFlight || ''}
              onChange={(value) => set({ maxInFlight: number(value) })}
            />
            <NumberInput
              label={t.webhooks.rateLimit}
              placeholder={t.webhooks.noLimit}
              min={0}
              max={10_000}
              value={draft.rateLimit || ''}
              onChange={(value) => set({ rateLimit: number(value) })}
            />
            <Switch
              label={t.webhooks.asymmetric}
              description={t.webhooks.asymmetricHint}
              checked={draft.asymmetric}
              onChange={(event) => set({ asymmetric: event.currentTarget.checked })}
            />
          </Stack>
        </Accordion.Panel>
      </Accordion.Item>
    </Accordion>
  )
}
