import type { ReactNode } from 'react'
import css from './parts.module.css'

export function Detail({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className={css.detail}>
      <dt className="dim">{name}</dt>
      <dd className="wrap-anywhere">{children}</dd>
    </div>
  )
}
