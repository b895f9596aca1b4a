import { Textarea } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { t } from '../../lib/strings'
import { FilterPreview } from './FilterPreview'

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
      {settled && <FilterPreview filter={settled} events={events} />}
    </div>
  )
}
