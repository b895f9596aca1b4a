import type { Conversation } from '../../lib/api/shapes'
import { words } from './strings'

export const nameOf = ({ user }: Conversation): string =>
  user.name || user.emailId || user.externalId || `${words.anonymous} ${user.id.slice(-5)}`
