import { LinkAnchor } from '../../components/LinkAnchor'
import type { CannedReply } from '../../lib/api/shapes'
import css from './inbox.module.css'
import { words } from './strings'

// slashWord is the word after a slash that begins the last word of a text; undefined if there is none.
export const slashWord = (text: string): string | undefined => text.match(/(?:^|\s)\/(\S*)$/)?.[1]

// matching are the canned replies whose name begins with a word, then those that have it somewhere.
export function matching(all: CannedReply[], word: string): CannedReply[] {
  const wanted = word.toLowerCase()
  const begins = all.filter(({ name }) => name.toLowerCase().startsWith(wanted))
  const has = all.filter((one) => !begins.includes(one) && `${one.name} ${one.text}`.toLowerCase().includes(wanted))
  return [...begins, ...has].slice(0, 8)
}

interface CannedPickerProps {
  chatbotId: string
  found: CannedReply[]
  index: number
  choose: (reply: CannedReply) => void
}

export function CannedPicker({ chatbotId, found, index, choose }: CannedPickerProps) {
  return (
    <div className={css.canned}>
      <div role="listbox" aria-label={words.canned}>
        {found.length === 0 && <div className={css.cannedNone}>{words.cannedNone}</div>}
        {found.map((reply, i) => (
          <button
            type="button"
            key={reply.id}
            role="option"
            tabIndex={-1}
            aria-selected={i === index}
            className={css.cannedOption}
            onMouseDown={(event) => event.preventDefault()} // the field keeps its focus
            onClick={() => choose(reply)}
          >
            <strong>/{reply.name}</strong>
            <span className="clip dim">{reply.text}</span>
          </button>
        ))}
      </div>
      <LinkAnchor
        component="a"
        to="/$chatbotId/inbox/settings"
        params={{ chatbotId }}
        className={css.cannedEdit}
        fz="xs"
      >
        {words.manageCanned}
      </LinkAnchor>
    </div>
  )
}
