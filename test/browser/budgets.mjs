// What a route may load when it is opened with an empty cache: KiB of JavaScript, gzipped, and requests of any kind,
// calls of the API included. stories/connection.test.mjs holds what the browser loads against it. The goals are 150 KiB
// and 20 requests at login and overview; bytes are not there yet.
export const budgets = [
  { route: 'login', kib: 265, requests: 20 },
  { route: 'overview', kib: 270, requests: 30 },
  { route: 'webhooks', kib: 275, requests: 30 },
  { route: 'webhook', kib: 305, requests: 50 },
  { route: 'settings/keys', kib: 265, requests: 25 },
  { route: 'events', kib: 285, requests: 30 },
  { route: 'inbox', kib: 288, requests: 30 },
]
