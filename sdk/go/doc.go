// Package bot9hooks receives Bot9's webhooks. Handler is an http.Handler that checks signatures,
// drops duplicates, watches the order of each conversation's events and calls the function that
// was given for an event; Verify is the signature check alone.
//
// Signatures follow Standard Webhooks (https://www.standardwebhooks.com): an HMAC-SHA256 over
// "id.timestamp.body" with a secret that begins with "whsec_".
package bot9hooks

//go:generate go run ./internal/generate
