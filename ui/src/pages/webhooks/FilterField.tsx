import { Text, Textarea } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { lazy, Suspense } from 'react'
import { t } from '../../strings'

const FilterPreview = lazy(() => import('./FilterPreview').then((module) => ({ default: module.FilterPreview })))

interface FilterFieldProps {
  value: string
  onChange: (filter: string) => void
  events: string[]
  error?: string
}

export function FilterField({ value, onChange, events, error }: FilterFieldProps) {
  const [settled] = useDebouncedValue(value.trim(), 250)
  return (
    <div>
      <Textarea
        label={t.webhooks.filter}
        description={t.webhooks.filterHint}
        placeholder={t.webhooks.filterPlaceholder}
        autosize
        minRows={1}
        maxRows={6}
        spellCheck={false}
        classNames={{ input: 'mono' }}
        value={value}
        error={error}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
      {settled && (
        <Suspense fallback={<Text size="sm">…</Text>}>
          <FilterPreview filter={settled} events={events} />
        </Suspense>
      )}
    </div>
  )
}
