import { Anchor } from '@mantine/core'
import { createLink } from '@tanstack/react-router'

// The component library's anchor as a link of the router. Each kind has a file of its own, so that a page that
// needs one doesn't load the others.
export const LinkAnchor = createLink(Anchor<'a'>)
