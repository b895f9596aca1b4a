import { Anchor } from '@mantine/core'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { Id } from '../../components/Copy'
import { LinkAnchor } from '../../components/LinkAnchor'
import { When } from '../../components/When'
import { messagesQuery } from '../../lib/api/queries'
import type { Conversation, Envelope } from '../../lib/api/shapes'
import { exactTime } from '../../lib/format/time'
import { ConversationState } from './ConversationState'
import css from './inbox.module.css'
import { nameOf } from './names'
import { earlierQuery, turnsQuery } from './queries'
import { words } from './strings'

const GOOD = 3 // of 5: thumbs are 5 and 1

// Contact is who the end user is, what they thought, and what they talked about before.
export function Contact({ conversation }: { conversation: Conversation }) {
  const { chatbotId, id, user, source, createdAt, tags } = conversation
  const turns = useQuery(turnsQuery(chatbotId, id))
  const earlier = useInfiniteQuery(earlierQuery(chatbotId, user.id))
  const others = earlier.data?.pages.flatMap((page) => page.data).filter((one) => one.id !== id) ?? []
  const fields = { ...propertiesOf(user.customAttributes), ...fieldsOf(turns.data ?? []) }
  const say = words.person
  return (
    <aside className={css.contact} aria-label={words.contact}>
      <h2>{nameOf(conversation)}</h2>
      <dl>
        <Fact name={say.email}>{user.emailId && <Anchor href={`mailto:${user.emailId}`}>{user.emailId}</Anchor>}</Fact>
        <Fact name={say.phone}>{user.phone}</Fact>
        <Fact name={say.externalId}>{user.externalId}</Fact>
        {Object.entries(fields).map(([name, value]) => (
          <Fact key={name} name={name}>
            {value}
          </Fact>
        ))}
        <Fact name={say.channel}>{source}</Fact>
        <Fact name={say.since}>{exactTime(createdAt)}</Fact>
        <Fact name={say.tags}>{tags.join(', ')}</Fact>
        <Fact name={say.id}>
          <Id id={user.id} />
        </Fact>
      </dl>
      <Ratings conversation={conversation} turns={turns.data ?? []} />
      <h3>{say.earlier}</h3>
      {earlier.isSuccess && others.length === 0 && <div className="dim">{say.noEarlier}</div>}
      <ul>
        {others.map((other) => (
          <li key={other.id}>
            <LinkAnchor
              component="a"
              to="/$chatbotId/inbox"
              params={{ chatbotId }}
              search={{ conversation: other.id }}
              className="clip"
              fz="inherit"
            >
              {other.lastMessage || words.noMessages}
            </LinkAnchor>
            <span className={css.earlier}>
              <When at={other.updatedAt} className="dim" />
              <ConversationState conversation={other} />
            </span>
          </li>
        ))}
      </ul>
      {earlier.hasNextPage && (
        <Anchor component="button" type="button" fz="inherit" onClick={() => void earlier.fetchNextPage()}>
          {words.more}
        </Anchor>
      )}
    </aside>
  )
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  if (!children) return null
  return (
    <div>
      <dt>{name}</dt>
      <dd className="wrap-anywhere">{children}</dd>
    </div>
  )
}

// Ratings is what the end user thought: of the conversation, in words if they left some, and of single messages.
function Ratings({ conversation, turns }: { conversation: Conversation; turns: Envelope[] }) {
  const { chatbotId, id, score } = conversation
  const messages = useInfiniteQuery(messagesQuery(chatbotId, id))
  const ratings = messages.data?.pages.flatMap((page) => page.data.flatMap(({ rating }) => rating ?? [])) ?? []
  const comment = turns.findLast(({ event }) => event === 'csatSubmitted')?.data.comment
  if (score === undefined && ratings.length === 0) return null
  const good = ratings.filter((rating) => rating >= GOOD).length
  return (
    <dl>
      <Fact name={words.person.score}>
        {score !== undefined && words.person.scoreOf(score)}
        {typeof comment === 'string' && comment !== '' && <q>{comment}</q>}
      </Fact>
      <Fact name={words.person.rated}>{ratings.length > 0 && words.person.ratedOf(good, ratings.length - good)}</Fact>
    </dl>
  )
}

// fieldsOf are what forms asked for besides name and addresses, as it was last given.
function fieldsOf(turns: Envelope[]): Record<string, string> {
  const fields: Record<string, string> = {}
  for (const { event, data } of turns) {
    if (event === 'leadCaptured') Object.assign(fields, propertiesOf(data.fields))
  }
  return fields
}

function propertiesOf(value: unknown): Record<string, string> {
  if (typeof value !== 'object' || value === null) return {}
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, textOf(each)]))
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))
