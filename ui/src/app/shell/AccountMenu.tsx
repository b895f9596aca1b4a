import { Menu, SegmentedControl, useMantineColorScheme, VisuallyHidden } from '@mantine/core'
import { IconLogout, IconSelector } from '@tabler/icons-react'
import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { answered, api } from '../../lib/api/client'
import type { AccountInfo } from '../../lib/api/shapes'
import { session } from '../../lib/session'
import { t } from '../../lib/strings'
import css from './shell.module.css'

type Scheme = 'light' | 'dark' | 'auto'

export function AccountMenu({ account }: { account: AccountInfo }) {
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  const queries = useQueryClient()
  const navigate = useNavigate()
  const name = account.name || account.email
  return (
    <Menu position="top-start" width={216} shadow="md">
      <Menu.Target>
        <button type="button" className={css.account}>
          <span className={css.avatar} aria-hidden>
            {name.slice(0, 1).toUpperCase()}
          </span>
          <span style={{ flex: 1, minWidth: 0 }}>
            <span className="clip" style={{ display: 'block', fontWeight: 550 }}>
              {name}
            </span>
            <span className="clip dim" style={{ display: 'block' }}>
              {t.account.roles[account.role]}
            </span>
          </span>
          <VisuallyHidden>{t.account.menu}</VisuallyHidden>
          <IconSelector size={16} aria-hidden />
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label className="wrap-anywhere">{account.email}</Menu.Label>
        <SegmentedControl
          aria-label={t.account.theme}
          fullWidth
          size="xs"
          value={colorScheme}
          onChange={(value) => setColorScheme(value as Scheme)}
          data={[
            { value: 'light', label: t.account.light },
            { value: 'dark', label: t.account.dark },
            { value: 'auto', label: t.account.system },
          ]}
        />
        <Menu.Divider />
        <Menu.Item
          leftSection={<IconLogout size={16} />}
          onClick={async () => {
            await answered(api.POST('/api/auth/logout'))
            session.settle(false)
            await navigate({ to: '/login' })
            queries.clear()
          }}
        >
          {t.account.logout}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
