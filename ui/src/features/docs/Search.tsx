import type { Section } from 'virtual:docs-search'
import { TextInput } from '@mantine/core'
import { IconSearch } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { t } from '../../lib/strings'
import css from './docs.module.css'
import { search } from './search'

// Search looks through every section of every page. Its index is loaded when somebody wants it.
export function Search() {
  const [sections, setSections] = useState<Section[]>()
  const [query, setQuery] = useState('')
  const prepare = () => {
    if (!sections) void import('virtual:docs-search').then((index) => setSections(index.sections))
  }
  const found = sections ? search(sections, query) : []
  const asked = sections !== undefined && query.trim() !== ''
  return (
    <div className={css.search}>
      <TextInput
        type="search"
        leftSection={<IconSearch size={16} aria-hidden />}
        aria-label={t.docs.search}
        placeholder={t.docs.search}
        value={query}
        onFocus={prepare}
        onChange={(event) => {
          prepare()
          setQuery(event.currentTarget.value)
        }}
        onKeyDown={(event) => {
          if (event.key === 'Escape') setQuery('')
        }}
      />
      <p role="status" className={asked ? css.foundCount : css.unseen}>
        {asked && (found.length > 0 ? t.docs.found(found.length) : t.docs.nothing)}
      </p>
      {asked && found.length > 0 && (
        <ul className={css.found}>
          {found.map((each) => (
            <li key={`${each.slug}#${each.id}`}>
              <Link
                to="/docs/$page"
                params={{ page: each.slug }}
                hash={each.id || undefined}
                onClick={() => setQuery('')}
                className={css.foundLink}
              >
                <strong>{each.heading ? `${each.title} › ${each.heading}` : each.title}</strong>
                <span>{each.snippet}</span>
              </Link>
            </li>
          ))}
        </ul>
      )}
    </div>
  )
}
