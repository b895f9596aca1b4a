import { Skeleton } from '@mantine/core'
import { createLink } from '@tanstack/react-router'
import type { AnchorHTMLAttributes, ReactNode } from 'react'
import css from './parts.module.css'

function RowAnchor({ className, ...anchor }: AnchorHTMLAttributes<HTMLAnchorElement>) {
  return <a {...anchor} className={`${css.row} ${className ?? ''}`} />
}

// RowLink is a row that leads somewhere; its columns are the class's grid.
export const RowLink = createLink(RowAnchor)

export function Row({ className, children }: { className?: string; children: ReactNode }) {
  return <div className={`${css.row} ${className ?? ''}`}>{children}</div>
}

export function RowSkeletons({ rows = 6, height = 20 }: { rows?: number; height?: number }) {
  return (
    <div aria-hidden>
      {Array.from({ length: rows }, (_, i) => (
        <div className={css.row} key={i}>
          <Skeleton height={height} radius={6} width={`${92 - ((i * 17) % 40)}%`} />
        </div>
      ))}
    </div>
  )
}
