package webhook

import (
	"maps"
	"net/textproto"
	"slices"
	"strings"
)

// The headers that Bot9 sets, in the spelling of net/http. The first three are those of the
// Standard Webhooks specification.
const (
	headerID        = "Webhook-Id"
	headerTimestamp = "Webhook-Timestamp"
	headerSignature = "Webhook-Signature"
	headerEvent     = "Bot9-Event"
	headerAttempt   = "Bot9-Attempt"

	// HeaderWebhookID is on every delivery. A server that refuses events which carry the ID of a webhook
	// that they would go to can't be made to feed itself by a webhook that points at it.
	HeaderWebhookID = "Bot9-Webhook-Id"
	// HeaderHops counts the webhooks that an event has come through, this one included.
	HeaderHops = "Bot9-Hops"
)

// The bounds of a webhook's own headers.
const (
	maxHeaders         = 20
	maxHeaderNameBytes = 256
	maxHeaderBytes     = 4 << 10 // of one value
)

// reservedHeaders are set by Bot9 or belong to the connection.
var reservedHeaders = map[string]bool{
	"accept-encoding": true, "connection": true, "content-encoding": true, "content-length": true,
	"content-type": true, "expect": true, "host": true, "http2-settings": true, "keep-alive": true,
	"te": true, "trailer": true, "transfer-encoding": true, "upgrade": true, "user-agent": true,
}

var reservedHeaderPrefixes = []string{"bot9-", "proxy-", "svix-", "webhook-"}

// CheckHeaders checks the headers that a webhook wants sent with every delivery. The error is
// Invalid, code invalidHeaders, and names every header that is wrong.
func CheckHeaders(headers map[string]string) error {
	return headerProblems(headers).err()
}

func headerProblems(headers map[string]string) problems {
	const code = "invalidHeaders"
	var found problems
	if len(headers) > maxHeaders {
		found.add(code, "body.headers", "There are %d headers; at most %d are possible.", len(headers), maxHeaders)
		return found
	}
	seen := make(map[string]bool, len(headers))
	for _, name := range slices.Sorted(maps.Keys(headers)) {
		location, lower := "body.headers."+name, strings.ToLower(name)
		switch value := headers[name]; {
		case !isHeaderName(name):
			found.add(code, "body.headers", "A header's name has 1 to %d letters, digits or any of !#$%%&'*+-.^_`|~, and nothing else.", maxHeaderNameBytes)
		case isReservedHeader(lower):
			found.add(code, location, "This header is set by Bot9 or by the connection and can't be chosen.")
		case seen[lower]:
			found.add(code, location, "This header is given twice; upper and lower case are the same.")
		case len(value) > maxHeaderBytes:
			found.add(code, location, "The value is longer than %d bytes.", maxHeaderBytes)
		case !isHeaderValue(value):
			found.add(code, location, "The value must be printable ASCII on one line, with no space at its ends.")
		}
		seen[lower] = true
	}
	return found
}

func isReservedHeader(lower string) bool {
	return reservedHeaders[lower] || slices.ContainsFunc(reservedHeaderPrefixes, func(prefix string) bool {
		return strings.HasPrefix(lower, prefix)
	})
}

// isHeaderName tells whether name is a token of RFC 9110 §5.6.2.
func isHeaderName(name string) bool {
	for i := range len(name) {
		if !isAlphanumeric(name[i]) && strings.IndexByte("!#$%&'*+-.^_`|~", name[i]) < 0 {
			return false
		}
	}
	return name != "" && len(name) <= maxHeaderNameBytes
}

// isHeaderValue is stricter than RFC 9110 §5.5, which lets bytes above ASCII pass without a meaning.
func isHeaderValue(value string) bool {
	for i := range len(value) {
		if c := value[i]; c != '\t' && (c < ' ' || c > '~') {
			return false
		}
	}
	return textproto.TrimString(value) == value
}

func isAlphanumeric(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}
