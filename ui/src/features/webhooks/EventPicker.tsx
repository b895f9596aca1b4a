import { Button, Checkbox, Group, Input, Skeleton, Stack, TextInput } from '@mantine/core'
import { IconSearch } from '@tabler/icons-react'
import { useState } from 'react'
import type { EventType } from '../../lib/api/shapes'
import { t } from '../../lib/strings'
import { CUSTOM_NAME } from './draft'
import css from './webhooks.module.css'

interface EventPickerProps {
  types: EventType[] | undefined
  chosen: string[]
  choose: (events: string[]) => void
  shown: string | undefined
  show: (name: string) => void
  error?: string
}

export function EventPicker({ types, chosen, choose, shown, show, error }: EventPickerProps) {
  const [query, setQuery] = useState('')
  const all = chosen.includes('*')
  const toggle = (name: string) =>
    choose(chosen.includes(name) ? chosen.filter((each) => each !== name) : [...chosen, name])
  const words = query.trim().toLowerCase()
  const found = types?.filter((type) => `${type.name} ${type.description}`.toLowerCase().includes(words))
  const custom = chosen.filter((name) => name.startsWith('custom.') && name !== 'custom.*')
  return (
    <Input.Wrapper
      label={t.webhooks.eventsLabel}
      description={
        all ? t.webhooks.everything : chosen.length ? t.webhooks.chosen(chosen.length) : t.webhooks.eventsHint
      }
      error={error}
      required
      labelElement="div"
    >
      <Stack gap="xs" mt={6}>
        <Checkbox label={t.webhooks.everything} checked={all} onChange={() => choose(all ? [] : ['*'])} />
        {!all && (
          <>
            <TextInput
              aria-label={t.webhooks.eventsSearch}
              placeholder={t.webhooks.eventsSearch}
              leftSection={<IconSearch size={16} />}
              value={query}
              onChange={(event) => setQuery(event.currentTarget.value)}
            />
            <div className={css.picker} role="group" aria-label={t.webhooks.eventsLabel}>
              {!found && <Skeleton height={200} />}
              {found?.map((type) => (
                <Pick
                  key={type.name}
                  name={type.name}
                  words={type.description}
                  checked={chosen.includes(type.name)}
                  toggle={() => toggle(type.name)}
                  shown={type.name === shown}
                  show={() => show(type.name)}
                />
              ))}
              {[...custom, 'custom.*'].map((name) => (
                <Pick
                  key={name}
                  name={name}
                  words={name === 'custom.*' ? t.webhooks.custom : t.webhooks.customName}
                  checked={chosen.includes(name)}
                  toggle={() => toggle(name)}
                />
              ))}
            </div>
            <CustomName add={(name) => !chosen.includes(name) && choose([...chosen, name])} />
          </>
        )}
      </Stack>
    </Input.Wrapper>
  )
}

interface PickProps {
  name: string
  words: string
  checked: boolean
  toggle: () => void
  shown?: boolean
  show?: () => void
}

function Pick({ name, words, checked, toggle, shown, show }: PickProps) {
  return (
    // biome-ignore lint/a11y/noLabelWithoutControl: the checkbox is inside
    <label className={css.pick} onMouseEnter={show} onFocus={show} data-shown={shown || undefined}>
      <Checkbox checked={checked} onChange={toggle} mt={2} aria-label={name} />
      <span style={{ minWidth: 0 }}>
        <span className={css.pickName}>{name}</span>
        <br />
        <span className={css.pickWords}>{words}</span>
      </span>
    </label>
  )
}

function CustomName({ add }: { add: (name: string) => void }) {
  const [name, setName] = useState('')
  const full = name.startsWith('custom.') ? name : `custom.${name}`
  const valid = CUSTOM_NAME.test(full)
  const submit = () => {
    if (!valid) return
    add(full)
    setName('')
  }
  return (
    <Group gap="xs">
      <TextInput
        style={{ flex: 1 }}
        aria-label={t.webhooks.customName}
        placeholder="custom.orderShipped"
        value={name}
        onChange={(event) => setName(event.currentTarget.value.trim())}
        onKeyDown={(event) => {
          if (event.key !== 'Enter') return
          event.preventDefault()
          submit()
        }}
      />
      <Button variant="default" disabled={!valid} onClick={submit}>
        {t.webhooks.customAdd}
      </Button>
    </Group>
  )
}
