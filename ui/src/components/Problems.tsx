import { Button, Center } from '@mantine/core'
import { IconError404, IconMoodSad } from '@tabler/icons-react'
import { t } from '../lib/strings'
import { Empty } from './Empty'
import { LinkButton } from './LinkButton'

export function NotFound() {
  return (
    <Center mih="70vh">
      <Empty icon={IconError404} title={t.errors.notFound} action={<LinkButton to="/">{t.errors.home}</LinkButton>}>
        {t.errors.notFoundLead}
      </Empty>
    </Center>
  )
}

export function Crashed({ reset }: { error: unknown; reset: () => void }) {
  return (
    <Center mih="70vh">
      <Empty icon={IconMoodSad} title={t.errors.crashed} action={<Button onClick={reset}>{t.actions.tryAgain}</Button>}>
        {t.errors.unknown}
      </Empty>
    </Center>
  )
}
