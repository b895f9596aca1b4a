import { Anchor, Button, Menu } from '@mantine/core'
import { createLink } from '@tanstack/react-router'

// The component library's elements as links of the router.
export const LinkAnchor = createLink(Anchor<'a'>)
export const LinkButton = createLink(Button<'a'>)
export const LinkMenuItem = createLink(Menu.Item<'a'>)
