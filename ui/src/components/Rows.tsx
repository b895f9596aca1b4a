import { useWindowVirtualizer } from '@tanstack/react-virtual'
import { type ReactNode, useEffect, useLayoutEffect, useRef, useState } from 'react'
import { goByArrows } from './arrows'
import css from './parts.module.css'

interface RowsProps<T> {
  items: T[]
  keyOf: (item: T) => string
  height: number // of a row, as a first guess
  label: string
  more?: () => void // loads the next page
  children: (item: T) => ReactNode
}

// Rows is a list of any length: only what is near the window is in the document.
export function Rows<T>({ items, keyOf, height, label, more, children }: RowsProps<T>) {
  const list = useRef<HTMLDivElement>(null)
  const [top, setTop] = useState(0)
  useLayoutEffect(() => {
    const measured = list.current ? list.current.getBoundingClientRect().top + window.scrollY : 0
    setTop((before) => (Math.abs(before - measured) > 1 ? measured : before))
  })
  const virtual = useWindowVirtualizer({
    count: items.length,
    estimateSize: () => height,
    overscan: 24,
    scrollMargin: top,
    getItemKey: (index) => keyOf(items[index] as T),
  })
  const visible = virtual.getVirtualItems()
  const lastVisible = visible.at(-1)?.index ?? -1
  useEffect(() => {
    if (more && lastVisible >= items.length - 5) more()
  }, [more, lastVisible, items.length])
  return (
    <div
      ref={list}
      role="list"
      aria-label={label}
      onKeyDown={goByArrows}
      className={css.rows}
      style={{ height: virtual.getTotalSize() }}
    >
      {visible.map((row) => (
        <div
          role="listitem"
          key={row.key}
          data-index={row.index}
          ref={virtual.measureElement}
          style={{
            position: 'absolute',
            top: 0,
            left: 0,
            width: '100%',
            transform: `translateY(${row.start - top}px)`,
          }}
        >
          {children(items[row.index] as T)}
        </div>
      ))}
    </div>
  )
}
