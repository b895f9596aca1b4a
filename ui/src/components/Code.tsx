import { Fragment } from 'react'
import { highlight } from '../lib/format/highlight'
import { CopyIcon } from './Copy'
import css from './parts.module.css'

interface CodeProps {
  text: string
  label: string
  json?: boolean
  wrap?: boolean
}

// Code shows text of strangers or of ours. It only ever becomes text nodes, never markup.
export function Code({ text, label, json, wrap }: CodeProps) {
  return (
    <div className={css.codeFrame}>
      <pre className={css.code} data-wrap={wrap || undefined} aria-label={label} role="region" tabIndex={0}>
        <code>{json ? highlighted(text) : text}</code>
      </pre>
      <CopyIcon value={text} label={label} />
    </div>
  )
}

function highlighted(text: string) {
  return highlight(text).map((token, i) => {
    if (token.kind === 'plain') return <Fragment key={i}>{token.text}</Fragment>
    return (
      <span key={i} className={css[token.kind]}>
        {token.text}
      </span>
    )
  })
}
