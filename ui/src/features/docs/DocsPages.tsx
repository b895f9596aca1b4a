import { groups, type Heading, type Listed, load } from 'virtual:docs'
import { Anchor, Group, Skeleton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { lazy, type ReactNode, Suspense } from 'react'
import { LinkButton } from '../../components/LinkButton'
import { Logo } from '../../components/Logo'
import { Back, Page } from '../../components/Page'
import { NotFound } from '../../components/Problems'
import { t } from '../../lib/strings'
import { Article } from './Article'
import { DocsNav } from './DocsNav'
import css from './docs.module.css'
import { isPersonal, useReader } from './reader'

const Reference = lazy(() => import('./Reference').then((module) => ({ default: module.Reference })))

const listed = new Map(groups.flatMap((group) => group.pages).map((page) => [page.slug, page]))

const pageQuery = (slug: string) => ({
  queryKey: ['docs', slug],
  queryFn: () => load(slug),
  staleTime: Number.POSITIVE_INFINITY,
})

// DocsHome lists all pages and tells what the examples need.
export function DocsHome() {
  const reader = useReader()
  const examples = useQuery(pageQuery('index'))
  return (
    <Frame title={t.docs.title} lead={t.docs.lead}>
      <div className={css.cards}>
        <Link to="/docs/reference" className={css.card} data-first>
          <strong>{t.docs.reference}</strong>
          <span>{t.docs.referenceAbout}</span>
        </Link>
      </div>
      {groups.map((group) => (
        <section key={group.title} aria-label={group.title}>
          <h2 className={css.cardsTitle}>{group.title}</h2>
          <div className={css.cards}>
            {group.pages.map((page) => (
              <Card key={page.slug} page={page} />
            ))}
          </div>
        </section>
      ))}
      {examples.data && <Article page={examplesOf(examples.data)} reader={reader} />}
      <Documents />
    </Frame>
  )
}

// The index of the guides' own first page is shown as cards already.
function examplesOf(page: Awaited<ReturnType<typeof load>>) {
  const start = page.html.indexOf('<h2 id="the-examples"')
  return { ...page, html: start < 0 ? page.html : page.html.slice(start) }
}

function Card({ page }: { page: Listed }) {
  return (
    <Link to="/docs/$page" params={{ page: page.slug }} className={css.card}>
      <strong>{page.title}</strong>
      <span>{page.about}</span>
    </Link>
  )
}

function Documents() {
  return (
    <Group gap="md" className={css.documents}>
      <span>{t.docs.documents}:</span>
      <Anchor href="/api/openapi.json">{t.docs.openapi}</Anchor>
      <Anchor href="/docs/asyncapi.yaml">{t.docs.asyncapi}</Anchor>
      <Anchor href="/docs/llms.txt">{t.docs.llms}</Anchor>
    </Group>
  )
}

// DocsPage is one page of the guides.
export function DocsPage() {
  const { page: slug } = useParams({ from: '/app/docs/$page' })
  const reader = useReader()
  const known = listed.get(slug)
  const page = useQuery({ ...pageQuery(slug), enabled: known !== undefined })
  if (!known) return <NotFound />
  const inside = page.data?.headings.filter(({ depth }) => depth === 2 || depth === 3) ?? []
  return (
    <Frame key={slug} title={known.title} aside={<OnThisPage headings={inside} />}>
      {reader.chatbotId && page.data && isPersonal(page.data.html) && (
        <p className={css.filled}>
          {t.docs.filled} <code>{reader.chatbotId}</code>
        </p>
      )}
      {page.data ? (
        <Article page={page.data} reader={reader} />
      ) : (
        <Skeleton height={480} radius={12} aria-label={t.docs.loading} />
      )}
      <p className={css.documents}>
        <Anchor href={`/docs/${slug}.md`}>{t.docs.markdown}</Anchor>
      </p>
    </Frame>
  )
}

function OnThisPage({ headings }: { headings: Heading[] }) {
  if (headings.length < 2) return null
  return (
    <nav aria-label={t.docs.onThisPage} className={css.inside}>
      <p className={css.groupTitle}>{t.docs.onThisPage}</p>
      {headings.map(({ id, text, depth }) => (
        <a key={id} href={`#${id}`} data-depth={depth}>
          {text}
        </a>
      ))}
    </nav>
  )
}

interface FrameProps {
  title: string
  lead?: string
  aside?: ReactNode
  children: ReactNode
}

function Frame({ title, lead, aside, children }: FrameProps) {
  return (
    <Page title={title} lead={lead} back={<Brand />} actions={<LogIn />}>
      <div className={css.frame}>
        <DocsNav />
        <div className={css.main}>{children}</div>
        <div className={css.aside}>{aside}</div>
      </div>
    </Page>
  )
}

// Brand stands for the sidebar, which only those who are logged in have.
function Brand() {
  const { anonymous } = useReader()
  if (!anonymous) return null
  return (
    <div>
      <Link to="/" className={css.brand}>
        <Logo size={24} />
        {t.product}
      </Link>
    </div>
  )
}

function LogIn() {
  const { anonymous } = useReader()
  if (!anonymous) return null
  return (
    <LinkButton component="a" to="/login" search={{ next: window.location.pathname }}>
      {t.docs.login}
    </LinkButton>
  )
}

// ReferencePage is the OpenAPI document, readable.
export function ReferencePage() {
  const { chatbotId } = useReader()
  return (
    <Page title={t.docs.reference} back={<Back to="/docs">{t.docs.title}</Back>} actions={<LogIn />}>
      <Suspense fallback={<Skeleton height={480} radius={12} aria-label={t.docs.loading} />}>
        <Reference chatbotId={chatbotId} />
      </Suspense>
    </Page>
  )
}
