package webhook

import (
	"slices"
	"unicode/utf8"

	"github.com/bot9/bot9/internal/bot9"
)

// The bounds of a webhook's settings; those that the vocabulary knows are in package bot9.
const (
	maxDescription   = 1000 // characters
	maxRetryWait     = 7 * 24 * 3600
	maxRetryTotal    = 30 * 24 * 3600 // seconds, like maxRetryWait
	maxMaxInFlight   = 1000
	maxRateLimit     = 10_000 // requests per second
	maxSetAsideAfter = 100

	codeInvalidSetting = "invalidSetting"
)

// problems collects everything that is wrong with some settings, so that a person can mend it all
// at once.
type problems struct{ first *bot9.Error }

func (p *problems) add(code, location, format string, args ...any) {
	p.merge(bot9.InvalidField(code, location, format, args...))
}

func (p *problems) merge(err *bot9.Error) {
	if p.first == nil {
		p.first = err
	} else if err != nil {
		p.first.Fields = append(p.first.Fields, err.Fields...)
	}
}

func (p problems) err() error {
	if p.first == nil {
		return nil
	}
	return p.first
}

// Check checks all settings of a webhook but its events, defaults filled in. The error is Invalid:
// its code and message are those of the first thing wrong, its fields name everything.
func (g *Guard) Check(w *bot9.Webhook) error {
	var found problems
	if _, err := g.parseTarget(w.URL); err != nil {
		found.merge(err)
	}
	found.merge(headerProblems(w.Headers).first)
	if err := checkFilter(w.Filter); err != nil {
		found.merge(err)
	}
	checkSending(&found, w)
	checkRetrying(&found, w)
	if utf8.RuneCountInString(w.Description) > maxDescription {
		found.add(codeInvalidSetting, "body.description", "The description may have up to %d characters.", maxDescription)
	}
	if w.Status != bot9.WebhookEnabled && w.Status != bot9.WebhookDisabled {
		found.add(codeInvalidSetting, "body.status", "The status is enabled or disabled.")
	}
	return found.err()
}

func checkSending(found *problems, w *bot9.Webhook) {
	if maxSeconds := int(bot9.MaxTimeout.Seconds()); w.TimeoutSeconds < 1 || w.TimeoutSeconds > maxSeconds {
		found.add(codeInvalidSetting, "body.timeoutSeconds", "The time limit is 1 to %d seconds.", maxSeconds)
	}
	if w.MaxInFlight < 0 || w.MaxInFlight > maxMaxInFlight {
		found.add(codeInvalidSetting, "body.maxInFlight", "maxInFlight is 1 to %d, or 0 for as many as the endpoint takes well.", maxMaxInFlight)
	}
	if !(w.RateLimit >= 0 && w.RateLimit <= maxRateLimit) { // refuses NaN too
		found.add(codeInvalidSetting, "body.rateLimit", "The rate limit is up to %d requests per second, or 0 for none.", maxRateLimit)
	}
	if !slices.Equal(slices.Sorted(slices.Values(w.Signatures)), []string{bot9.SignatureV1, bot9.SignatureV1a}) && !slices.Equal(w.Signatures, []string{bot9.SignatureV1}) {
		found.add("unsupportedSignature", "body.signatures", `Deliveries are signed with ["v1"] (HMAC-SHA256), or with ["v1","v1a"] (ed25519 as well).`)
	}
	for _, secret := range w.Secrets {
		if _, err := ParseSecret(secret.Text); err != nil {
			found.add("invalidSecret", "body.secret", "A secret is %s and the base64 of %d to %d bytes.", secretPrefix, minSecretBytes, maxSecretBytes)
		}
	}
}

func checkRetrying(found *problems, w *bot9.Webhook) {
	if w.Ordering != bot9.OrderConversation && w.Ordering != bot9.OrderNone {
		found.add(codeInvalidSetting, "body.ordering", "The ordering is conversation or none.")
	}
	if w.SetAsideAfter < 0 || w.SetAsideAfter > maxSetAsideAfter {
		found.add(codeInvalidSetting, "body.setAsideAfter", "setAsideAfter is 1 to %d attempts, or 0 to make the conversation wait.", maxSetAsideAfter)
	}
	if len(w.RetrySchedule) > bot9.MaxRetries {
		found.add(codeInvalidSetting, "body.retrySchedule", "The schedule may have up to %d retries.", bot9.MaxRetries)
		return
	}
	total := 0
	for _, seconds := range w.RetrySchedule {
		if seconds < 1 || seconds > maxRetryWait {
			found.add(codeInvalidSetting, "body.retrySchedule", "Each wait is 1 to %d seconds (7 days).", maxRetryWait)
			return
		}
		total += seconds
	}
	if total > maxRetryTotal {
		found.add(codeInvalidSetting, "body.retrySchedule", "The waits may add up to %d seconds (30 days).", maxRetryTotal)
	}
}
