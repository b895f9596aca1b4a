import { Menu, VisuallyHidden } from '@mantine/core'
import { IconCheck, IconEdit, IconPlus, IconSelector, IconTrash } from '@tabler/icons-react'
import { lazy, Suspense, useState } from 'react'
import { LinkMenuItem } from '../../components/LinkMenuItem'
import type { Chatbot } from '../../lib/api/shapes'
import { useMay } from '../../lib/permissions'
import { t } from '../../lib/strings'
import css from './shell.module.css'

const NewChatbot = lazy(() =>
  import('../../features/chatbots/NewChatbot').then((module) => ({ default: module.NewChatbot })),
)
const change = () => import('../../features/chatbots/ChangeChatbot')
const RenameChatbot = lazy(() => change().then((module) => ({ default: module.RenameChatbot })))
const DeleteChatbot = lazy(() => change().then((module) => ({ default: module.DeleteChatbot })))

interface SwitcherProps {
  chatbots: Chatbot[]
  current: Chatbot | undefined
}

export function ChatbotSwitcher({ chatbots, current }: SwitcherProps) {
  const [dialog, setDialog] = useState<'create' | 'rename' | 'remove'>()
  const close = () => setDialog(undefined)
  const mayRename = useMay('developer')
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
          {mayRename && (
            <>
              <Menu.Divider />
              <Menu.Item leftSection={<IconEdit size={16} />} onClick={() => setDialog('rename')}>
                {t.chatbots.rename(current.name)}
              </Menu.Item>
            </>
          )}
          {mayCreate && (
            <>
              <Menu.Item leftSection={<IconTrash size={16} />} c="var(--b9-bad)" onClick={() => setDialog('remove')}>
                {t.chatbots.remove(current.name)}
              </Menu.Item>
              <Menu.Divider />
              <Menu.Item leftSection={<IconPlus size={16} />} onClick={() => setDialog('create')}>
                {t.chatbots.create}
              </Menu.Item>
            </>
          )}
        </Menu.Dropdown>
      </Menu>
      <Suspense>
        {dialog === 'create' && <NewChatbot close={close} />}
        {dialog === 'rename' && <RenameChatbot chatbot={current} close={close} />}
        {dialog === 'remove' && <DeleteChatbot chatbot={current} close={close} />}
      </Suspense>
    </>
  )
}
