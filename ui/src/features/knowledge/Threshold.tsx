import { Button, Group, Skeleton, Slider, Text } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { ErrorNote } from '../../components/Note'
import { Panel } from '../../components/Panel'
import { answered, api, withEtag } from '../../lib/api/client'
import { answeringQuery } from '../../lib/api/queries'
import { count, percent } from '../../lib/format/numbers'
import { t } from '../../lib/strings'
import css from './knowledge.module.css'

// Threshold sets how sure the bot must be to answer, and tells what that would have done with past questions.
export function Threshold({ chatbotId }: { chatbotId: string }) {
  const answering = useQuery({ ...answeringQuery(chatbotId), select: ({ data }) => data })
  const [chosen, setChosen] = useState<number>()
  const queries = useQueryClient()
  const preview = useMutation({
    mutationFn: () =>
      answered(api.POST('/api/{chatbotId}/answering/preview', { params: { path: { chatbotId } }, body: {} })),
  })
  const save = useMutation({
    mutationFn: (threshold: number) =>
      withEtag(api.PATCH('/api/{chatbotId}/answering', { params: { path: { chatbotId } }, body: { threshold } })),
    onSuccess: (after) => {
      queries.setQueryData(answeringQuery(chatbotId).queryKey, after)
      setChosen(undefined)
    },
  })
  const threshold = chosen ?? answering.data?.threshold
  if (threshold === undefined) {
    return (
      <Panel title={t.knowledge.threshold} padded>
        {answering.isError ? <ErrorNote error={answering.error} retry={answering.refetch} /> : <Skeleton height={60} />}
      </Panel>
    )
  }
  const level = preview.data?.levels.find((one) => Math.abs(one.threshold - threshold) < 0.026)
  return (
    <Panel title={t.knowledge.threshold} padded>
      <Text c="dimmed" mb={40}>
        {t.knowledge.thresholdLead}
      </Text>
      <Slider
        min={0.05}
        max={0.95}
        step={0.05}
        value={threshold}
        onChange={setChosen}
        label={percent}
        labelAlwaysOn
        thumbLabel={t.knowledge.threshold}
        marks={[0.25, 0.5, 0.75].map((value) => ({ value, label: percent(value) }))}
        mb={34}
      />
      <Group justify="space-between">
        <Button variant="default" loading={preview.isPending} onClick={() => preview.mutate()}>
          {t.knowledge.thresholdTry}
        </Button>
        <Button
          disabled={chosen === undefined || chosen === answering.data?.threshold}
          loading={save.isPending}
          onClick={() => save.mutate(threshold)}
        >
          {t.actions.save}
        </Button>
      </Group>
      <ErrorNote error={preview.error ?? save.error} />
      {preview.data?.questions === 0 && <Text mt="md">{t.knowledge.thresholdNone}</Text>}
      {level && preview.data && preview.data.questions > 0 && (
        <>
          <Text mt="md">{t.knowledge.thresholdOf(percent(threshold), count(preview.data.questions))}</Text>
          <dl className={css.counts} aria-live="polite">
            <Count name={t.knowledge.thresholdAnswered} value={level.answered} of={preview.data.questions} />
            <Count name={t.knowledge.thresholdRatedDown} value={level.ratedDown} />
            <Count name={t.knowledge.thresholdSuggested} value={level.suggested} of={preview.data.questions} />
            <Count name={t.knowledge.thresholdNotFound} value={level.notFound} of={preview.data.questions} />
          </dl>
        </>
      )}
    </Panel>
  )
}

function Count({ name, value, of }: { name: string; value: number; of?: number }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        {count(value)}
        {of ? ` (${percent(value / of)})` : ''}
      </dd>
    </div>
  )
}
