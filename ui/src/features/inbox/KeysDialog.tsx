import { Modal } from '@mantine/core'
import { t } from '../../lib/strings'
import css from './inbox.module.css'
import { words } from './strings'

// KeysDialog lists all keys of the inbox.
export function KeysDialog({ close }: { close: () => void }) {
  return (
    <Modal opened onClose={close} title={words.keys.title} closeButtonProps={{ 'aria-label': t.actions.close }}>
      <dl className={css.keys}>
        {words.keys.list.map(([key, does]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
    </Modal>
  )
}
