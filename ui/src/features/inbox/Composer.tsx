import { Button, SegmentedControl, Textarea } from '@mantine/core'
import { IconLock, IconSend } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { type RefObject, useState } from 'react'
import { ErrorNote } from '../../components/Note'
import { accountQuery } from '../../lib/api/queries'
import type { CannedReply, Conversation } from '../../lib/api/shapes'
import { draftOf, keepDraft } from '../../lib/kept'
import { useMay } from '../../lib/permissions'
import { CannedPicker, matching, slashWord } from './CannedPicker'
import css from './inbox.module.css'
import { useAddNote, useReply } from './mutations'
import { cannedQuery } from './queries'
import { words } from './strings'

export type Mode = 'reply' | 'note'

interface ComposerProps {
  conversation: Conversation
  mode: Mode
  setMode: (mode: Mode) => void
  field: RefObject<HTMLTextAreaElement | null>
  setTyping: (typing: boolean) => void
}

// Composer is where an agent writes: a reply, where it is an agent's turn, or a private note.
export function Composer({ conversation, mode, setMode, field, setTyping }: ComposerProps) {
  const may = useMay('developer')
  const canReply = conversation.status === 'needs_review'
  if (!may) return <footer className={css.footer}>{leadOf(conversation)}</footer>
  return (
    <footer className={css.footer} data-mode={mode}>
      <SegmentedControl
        size="xs"
        aria-label={words.reply}
        value={mode}
        onChange={(next) => setMode(next as Mode)}
        data={[
          { value: 'reply', label: words.reply },
          { value: 'note', label: words.note },
        ]}
        mb={8}
      />
      {mode === 'reply' && !canReply ? (
        <div>{leadOf(conversation)}</div>
      ) : (
        <Writing key={mode} conversation={conversation} mode={mode} field={field} setTyping={setTyping} />
      )}
    </footer>
  )
}

const leadOf = ({ status }: Conversation) => (status === 'closed' ? words.closedLead : words.botAnswers)

function Writing({ conversation, mode, field, setTyping }: Omit<ComposerProps, 'setMode'>) {
  const draft = `${mode} ${conversation.id}`
  const [text, setText] = useState(() => draftOf(draft))
  const { data: account } = useQuery(accountQuery)
  const outcome = {
    sent: () => keepDraft(draft, ''),
    failed: (sent: string) => setText((begun) => (begun === '' ? sent : `${sent}\n${begun}`)),
  }
  const reply = useReply(conversation, account, outcome)
  const note = useAddNote(conversation, outcome)
  const sending = mode === 'reply' ? reply : note
  const canned = useCanned(conversation.chatbotId, mode, text, write)

  function write(next: string) {
    setText(next)
    keepDraft(draft, next)
    if (mode === 'reply') setTyping(next.trim() !== '')
  }

  // What was sent is a draft until the server has it: a session that has ended, or a server that is gone, loses nothing.
  function submit() {
    if (text.trim() === '' || sending.isPending) return
    setText('')
    if (mode === 'reply') setTyping(false)
    sending.mutate(text)
  }

  return (
    <>
      <form
        className={css.reply}
        onSubmit={(event) => {
          event.preventDefault()
          submit()
        }}
      >
        <div style={{ position: 'relative' }}>
          {canned.open && <CannedPicker chatbotId={conversation.chatbotId} {...canned} />}
          <Textarea
            ref={field}
            aria-label={mode === 'reply' ? words.replyLabel : words.noteLabel}
            placeholder={mode === 'reply' ? words.replyPlaceholder : words.notePlaceholder}
            autosize
            minRows={2}
            maxRows={8}
            value={text}
            onChange={(event) => write(event.currentTarget.value)}
            onBlur={() => mode === 'reply' && setTyping(false)}
            onKeyDown={(event) => {
              if (event.nativeEvent.isComposing || canned.onKey(event)) return
              if (event.key === 'Escape') event.currentTarget.blur()
              if (event.key !== 'Enter' || event.shiftKey) return
              event.preventDefault()
              submit()
            }}
          />
        </div>
        <Button
          type="submit"
          color={mode === 'note' ? 'yellow' : undefined}
          loading={sending.isPending}
          disabled={text.trim() === ''}
          leftSection={mode === 'note' ? <IconLock size={16} /> : <IconSend size={16} />}
        >
          {mode === 'note' ? words.addNote : words.send}
        </Button>
      </form>
      <ErrorNote error={sending.error} />
    </>
  )
}

// useCanned offers canned replies while the last word begins with a slash.
function useCanned(chatbotId: string, mode: Mode, text: string, write: (text: string) => void) {
  const word = mode === 'reply' ? slashWord(text) : undefined
  const { data: all = [] } = useQuery({ ...cannedQuery(chatbotId), enabled: word !== undefined })
  const [at, setAt] = useState<{ word?: string; index: number }>({ index: 0 })
  const index = at.word === word ? at.index : 0 // another word begins at its first reply
  const [dismissed, setDismissed] = useState<string>()
  const found = word === undefined ? [] : matching(all, word)
  const open = word !== undefined && dismissed !== text
  const choose = (reply: CannedReply) => write(`${text.slice(0, text.length - (word?.length ?? 0) - 1)}${reply.text}`)
  function onKey(event: { key: string; preventDefault: () => void; stopPropagation: () => void }): boolean {
    if (!open) return false
    const chosen = found[index]
    if (event.key === 'Escape') setDismissed(text)
    else if (event.key === 'ArrowDown') setAt({ word, index: Math.min(index + 1, found.length - 1) })
    else if (event.key === 'ArrowUp') setAt({ word, index: Math.max(index - 1, 0) })
    else if ((event.key === 'Enter' || event.key === 'Tab') && chosen) choose(chosen)
    else return false
    event.preventDefault()
    event.stopPropagation()
    return true
  }
  return { open, found, index, choose, onKey }
}
