import { LinkButton } from '../../components/LinkButton'
import { t } from '../../lib/strings'

// StartHow leads from an empty inbox to how a conversation is begun.
export function StartHow({ hiddenFrom }: { hiddenFrom?: 'md' }) {
  return (
    <LinkButton
      component="a"
      variant="default"
      to="/docs/$page"
      params={{ page: 'conversations' }}
      hiddenFrom={hiddenFrom}
    >
      {t.inbox.startHow}
    </LinkButton>
  )
}
