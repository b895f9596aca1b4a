// Package policy decides what becomes of a delivery, when an endpoint may be sent to, and which
// webhooks an event is for. Its functions are pure: time and chance come in as arguments.
package policy
