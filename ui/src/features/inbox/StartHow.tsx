import { Group } from '@mantine/core'
import { LinkButton } from '../../components/LinkButton'
import { words } from './strings'

// StartHow leads from an empty inbox to where conversations come from: the widget, and the chat box of the overview.
export function StartHow({ chatbotId, hiddenFrom }: { chatbotId: string; hiddenFrom?: 'md' }) {
  return (
    <Group gap="xs" hiddenFrom={hiddenFrom} justify="center">
      <LinkButton component="a" to="/$chatbotId/settings/widget" params={{ chatbotId }}>
        {words.widget}
      </LinkButton>
      <LinkButton component="a" variant="default" to="/$chatbotId/overview" params={{ chatbotId }}>
        {words.tryBot}
      </LinkButton>
    </Group>
  )
}
