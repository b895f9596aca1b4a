import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  notFound,
  parseSearchWith,
  redirect,
  stringifySearchWith,
} from '@tanstack/react-router'
import { Crashed, NotFound } from '../components/Problems'
import type { WebhookSort } from '../features/webhooks/found'
import type { ConversationFilter, Queue } from '../lib/api/queries'
import type { ConversationStatus, DeliveryStatus, StatsWindow } from '../lib/api/shapes'

type Search = Record<string, unknown>

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined)

function oneOf<T extends string>(value: unknown, ...allowed: T[]): T | undefined {
  return allowed.find((each) => each === value)
}

const deliveryStatus = (value: unknown): DeliveryStatus | undefined =>
  oneOf(value, 'pending', 'retrying', 'set_aside', 'held', 'succeeded', 'failed', 'canceled')

const statsWindow = (value: unknown): StatsWindow | undefined => oneOf(value, '1h', '24h', '7d')

const rootRoute = createRootRoute({ notFoundComponent: NotFound })

const auth = () => import('../features/auth/AuthPage')

const loginRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/login',
  validateSearch: (search: Search): { next?: string } => ({ next: text(search.next) }),
  component: lazyRouteComponent(auth, 'LoginPage'),
})

const signupRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/signup',
  validateSearch: (search: Search): { invite?: string; email?: string } => ({
    invite: text(search.invite),
    email: text(search.email),
  }),
  component: lazyRouteComponent(auth, 'SignupPage'),
})

const appRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: 'app',
  component: lazyRouteComponent(() => import('./shell/AppLayout'), 'AppLayout'),
})

const homeRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/',
  component: lazyRouteComponent(() => import('../features/chatbots/HomePage'), 'HomePage'),
})

const membersRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/members',
  component: lazyRouteComponent(() => import('../features/members/MembersPage'), 'MembersPage'),
})

const docs = () => import('../features/docs/DocsPages')

const docsRoute = createRoute({ getParentRoute: () => appRoute, path: '/docs' })

const docsHomeRoute = createRoute({
  getParentRoute: () => docsRoute,
  path: '/',
  component: lazyRouteComponent(docs, 'DocsHome'),
})

const referenceRoute = createRoute({
  getParentRoute: () => docsRoute,
  path: 'reference',
  component: lazyRouteComponent(docs, 'ReferencePage'),
})

const docsPageRoute = createRoute({
  getParentRoute: () => docsRoute,
  path: '$page',
  component: lazyRouteComponent(docs, 'DocsPage'),
})

const deviceRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/device',
  validateSearch: (search: Search): { code?: string } => ({ code: text(search.code) }),
  component: lazyRouteComponent(() => import('../features/device/DevicePage'), 'DevicePage'),
})

const chatbotRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/$chatbotId',
  component: lazyRouteComponent(() => import('./shell/ChatbotLayout'), 'ChatbotLayout'),
})

const overviewRoute = createRoute({
  getParentRoute: () => chatbotRoute,
  path: 'overview',
  component: lazyRouteComponent(() => import('../features/overview/OverviewPage'), 'OverviewPage'),
})

const inboxRoute = createRoute({
  getParentRoute: () => chatbotRoute,
  path: 'inbox',
  validateSearch: (search: Search): ConversationFilter & { conversation?: string } => ({
    queue: oneOf<Queue>(search.queue, 'waiting', 'mine'),
    status: oneOf<ConversationStatus>(search.status, 'active', 'needs_review', 'closed'),
    source: text(search.source),
    q: text(search.q),
    conversation: text(search.conversation),
  }),
  component: lazyRouteComponent(() => import('../features/inbox/InboxPage'), 'InboxPage'),
})

const inboxSettingsRoute = createRoute({
  getParentRoute: () => chatbotRoute,
  path: 'inbox/settings',
  component: lazyRouteComponent(() => import('../features/inbox/InboxSettingsPage'), 'InboxSettingsPage'),
})

const knowledgeRoute = createRoute({
  getParentRoute: () => chatbotRoute,
  path: 'knowledge',
  validateSearch: (search: Search): { document?: string; q?: string } => ({
    document: text(search.document),
    q: text(search.q),
  }),
  component: lazyRouteComponent(() => import('../features/knowledge/KnowledgePage'), 'KnowledgePage'),
})

const keysRoute = createRoute({
  getParentRoute: () => chatbotRoute,
  path: 'settings/keys',
  component: lazyRouteComponent(() => import('../features/keys/KeysPage'), 'KeysPage'),
})

const widgetRoute = createRoute({
  getParentRoute: () => chatbotRoute,
  path: 'settings/widget',
  component: lazyRouteComponent(() => import('../features/widget/WidgetPage'), 'WidgetPage'),
})

const answeringRoute = createRoute({
  getParentRoute: () => chatbotRoute,
  path: 'settings/answering',
  component: lazyRouteComponent(() => import('../features/answering/AnsweringPage'), 'AnsweringPage'),
})

// Webhooks used to stand below the settings.
const oldWebhookRoute = createRoute({
  getParentRoute: () => chatbotRoute,
  path: 'settings/$kind/$',
  beforeLoad: ({ params: { chatbotId, kind, _splat } }) => {
    if (kind !== 'webhooks' && kind !== 'deliveries') throw notFound()
    throw redirect({ href: `/${chatbotId}/${kind}/${_splat}`, replace: true })
  },
})

const webhooksRoute = createRoute({
  getParentRoute: () => chatbotRoute,
  path: 'webhooks',
  validateSearch: (search: Search): { q?: string; sort?: WebhookSort; page?: string } => ({
    q: text(search.q),
    sort: oneOf<WebhookSort>(search.sort, 'trouble', 'traffic', 'newest'),
    page: text(search.page),
  }),
  component: lazyRouteComponent(() => import('../features/webhooks/WebhooksPage'), 'WebhooksPage'),
})

const addWebhookRoute = createRoute({
  getParentRoute: () => chatbotRoute,
  path: 'webhooks/new',
  validateSearch: (search: Search): { receiver?: string } => ({ receiver: text(search.receiver) }),
  component: lazyRouteComponent(() => import('../features/webhooks/AddWebhookPage'), 'AddWebhookPage'),
})

interface WebhookSearch {
  tab?: 'settings'
  window?: StatsWindow
  status?: DeliveryStatus
  event?: string
}

const webhookRoute = createRoute({
  getParentRoute: () => chatbotRoute,
  path: 'webhooks/$webhookId',
  validateSearch: (search: Search): WebhookSearch => ({
    tab: oneOf(search.tab, 'settings'),
    window: statsWindow(search.window),
    status: deliveryStatus(search.status),
    event: text(search.event),
  }),
  component: lazyRouteComponent(() => import('../features/webhooks/WebhookPage'), 'WebhookPage'),
})

const editWebhookRoute = createRoute({
  getParentRoute: () => chatbotRoute,
  path: 'webhooks/$webhookId/edit',
  component: lazyRouteComponent(() => import('../features/webhooks/EditWebhookPage'), 'EditWebhookPage'),
})

const deliveryRoute = createRoute({
  getParentRoute: () => chatbotRoute,
  path: 'deliveries/$deliveryId',
  component: lazyRouteComponent(() => import('../features/deliveries/DeliveryPage'), 'DeliveryPage'),
})

const eventsRoute = createRoute({
  getParentRoute: () => chatbotRoute,
  path: 'events',
  validateSearch: (search: Search): { event?: string; conversationId?: string; window?: StatsWindow } => ({
    event: text(search.event),
    conversationId: text(search.conversationId),
    window: statsWindow(search.window),
  }),
  component: lazyRouteComponent(() => import('../features/events/EventsPage'), 'EventsPage'),
})

const eventRoute = createRoute({
  getParentRoute: () => chatbotRoute,
  path: 'events/$eventId',
  component: lazyRouteComponent(() => import('../features/events/EventPage'), 'EventPage'),
})

const testerRoute = createRoute({
  getParentRoute: () => chatbotRoute,
  path: 'tester',
  validateSearch: (search: Search): { receiver?: string } => ({ receiver: text(search.receiver) }),
  component: lazyRouteComponent(() => import('../features/tester/TesterPage'), 'TesterPage'),
})

const routeTree = rootRoute.addChildren([
  loginRoute,
  signupRoute,
  appRoute.addChildren([
    homeRoute,
    membersRoute,
    docsRoute.addChildren([docsHomeRoute, referenceRoute, docsPageRoute]),
    deviceRoute,
    chatbotRoute.addChildren([
      overviewRoute,
      inboxRoute,
      inboxSettingsRoute,
      knowledgeRoute,
      keysRoute,
      widgetRoute,
      answeringRoute,
      oldWebhookRoute,
      webhooksRoute,
      addWebhookRoute,
      webhookRoute,
      editWebhookRoute,
      deliveryRoute,
      eventsRoute,
      eventRoute,
      testerRoute,
    ]),
  ]),
])

export const router = createRouter({
  routeTree,
  defaultPreload: 'intent',
  defaultErrorComponent: Crashed,
  scrollRestoration: true,
  // Values of the query are plain text, so that a search for 123 stays one.
  parseSearch: parseSearchWith((value) => value),
  stringifySearch: stringifySearchWith(String),
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
