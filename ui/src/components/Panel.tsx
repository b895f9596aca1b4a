import { Title } from '@mantine/core'
import type { ReactNode } from 'react'
import css from './parts.module.css'

interface PanelProps {
  id?: string // for links to it
  title?: ReactNode
  aside?: ReactNode
  padded?: boolean
  children: ReactNode
}

export function Panel({ id, title, aside, padded, children }: PanelProps) {
  return (
    <section id={id} className={css.panel}>
      {(title || aside) && (
        <div className={css.panelHead}>
          {title && <Title order={2}>{title}</Title>}
          {aside}
        </div>
      )}
      {padded ? <div className={css.panelBody}>{children}</div> : children}
    </section>
  )
}

export interface FactProps {
  name: string
  value: ReactNode
  hint?: ReactNode
}

export function Facts({ facts }: { facts: FactProps[] }) {
  return (
    <dl className={css.facts} style={{ margin: 0 }}>
      {facts.map((fact) => (
        <div className={css.fact} key={fact.name}>
          <dt className={css.factName}>{fact.name}</dt>
          <dd style={{ margin: 0 }}>
            <div className={css.factValue}>{fact.value}</div>
            {fact.hint && <div className={css.factHint}>{fact.hint}</div>}
          </dd>
        </div>
      ))}
    </dl>
  )
}
