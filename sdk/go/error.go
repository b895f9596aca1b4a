package bot9hooks

import "errors"

// Code names, stably, what was wrong with a delivery or with the receiver's settings. The three
// receiver libraries share the codes.
type Code string

// What Verify and ParseEvent can find wrong.
const (
	InvalidSecret       Code = "invalidSecret"       // no secret, or one that isn't "whsec_" and base64
	MissingHeader       Code = "missingHeader"       // webhook-id, webhook-timestamp or webhook-signature
	InvalidTimestamp    Code = "invalidTimestamp"    // not a whole number of seconds
	TimestampTooOld     Code = "timestampTooOld"     // signed longer ago than the tolerance: perhaps a replay attack
	TimestampTooNew     Code = "timestampTooNew"     // signed in the future: a clock is wrong
	NoMatchingSignature Code = "noMatchingSignature" // not signed with any of the secrets, or changed on the way
	InvalidEvent        Code = "invalidEvent"        // signed, but the body isn't an event
)

// WebhookError tells what was wrong. Its message never repeats a secret or what was received.
type WebhookError struct {
	Code    Code
	Message string
}

// Error implements error.
func (e *WebhookError) Error() string { return "bot9hooks: " + e.Message }

// CodeOf returns the code of the first WebhookError in err's chain, "" if there is none.
func CodeOf(err error) Code {
	if e, ok := errors.AsType[*WebhookError](err); ok {
		return e.Code
	}
	return ""
}
