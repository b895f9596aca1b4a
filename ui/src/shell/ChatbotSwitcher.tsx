import { Menu, VisuallyHidden } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconCheck, IconPlus, IconSelector } from '@tabler/icons-react'
import { lazy, Suspense } from 'react'
import type { Chatbot } from '../api/shapes'
import { LinkMenuItem } from '../parts/links'
import { t } from '../strings'
import { useMay } from './chatbot'
import css from './shell.module.css'

const NewChatbot = lazy(() => import('../pages/chatbots/NewChatbot').then((module) => ({ default: module.NewChatbot })))

interface SwitcherProps {
  chatbots: Chatbot[]
  current: Chatbot | undefined
}

export function ChatbotSwitcher({ chatbots, current }: SwitcherProps) {
  const [creating, { open, close }] = useDisclosure()
  const mayCreate = useMay('admin')
  if (!current) return null
  return (
    <>
      <Menu width={216} position="bottom-start" shadow="md">
        <Menu.Target>
          <button type="button" className={css.switcher}>
            <span className={css.initial} aria-hidden>
              {current.name.slice(0, 1).toUpperCase()}
            </span>
            <span className="clip" style={{ flex: 1 }}>
              {current.name}
            </span>
            <VisuallyHidden>{t.chatbots.switch}</VisuallyHidden>
            <IconSelector size={16} aria-hidden />
          </button>
        </Menu.Target>
        <Menu.Dropdown mah={360} style={{ overflowY: 'auto' }}>
          {chatbots.map((chatbot) => (
            <LinkMenuItem
              key={chatbot.id}
              component="a"
              to="/$chatbotId/overview"
              params={{ chatbotId: chatbot.id }}
              rightSection={chatbot.id === current.id ? <IconCheck size={16} /> : null}
            >
              {chatbot.name}
            </LinkMenuItem>
          ))}
          {mayCreate && (
            <>
              <Menu.Divider />
              <Menu.Item leftSection={<IconPlus size={16} />} onClick={open}>
                {t.chatbots.create}
              </Menu.Item>
            </>
          )}
        </Menu.Dropdown>
      </Menu>
      {creating && (
        <Suspense>
          <NewChatbot close={close} />
        </Suspense>
      )}
    </>
  )
}
