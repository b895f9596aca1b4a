// Package api is the public HTTP API: it turns requests into calls, and what comes of them into
// answers. Each resource has a file; auth, errors, pages and idempotency have one place each, so
// that an operation says only what is its own. The OpenAPI document is made from the Go types.
//
// A request passes, in this order: observe (request ID, log, panics), the router, guard (who calls,
// how often, which chatbot, the body, the idempotency key), the operation.
package api
