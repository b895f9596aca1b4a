package bot9

import (
	"encoding/json"
	"maps"
	"strconv"
	"strings"
)

// RequestHeaders are the headers of an attempt's request, for people to see. Most of them say again
// what is known of the attempt, so they are put together only when somebody looks.
type RequestHeaders struct {
	Lines string // those that nothing else tells, "name:value\n" each; "" if nothing was sent

	MessageID string
	WebhookID WebhookID
	EventType string
	SentAt    Time
	Attempt   int
}

// All returns the headers by their names in lower case.
func (h RequestHeaders) All() map[string]string {
	if h.Lines == "" {
		return map[string]string{}
	}
	all := map[string]string{
		"content-type":      "application/json",
		"webhook-id":        h.MessageID,
		"webhook-timestamp": strconv.FormatInt(h.SentAt.Std().Unix(), 10),
		"bot9-event":        h.EventType,
		"bot9-webhook-id":   h.WebhookID.String(),
		"bot9-attempt":      strconv.Itoa(h.Attempt),
		"bot9-hops":         "1", // the lines have the others
	}
	maps.Copy(all, ParseHeaderLines(h.Lines))
	return all
}

// MarshalJSON returns all headers as an object.
func (h RequestHeaders) MarshalJSON() ([]byte, error) { return json.Marshal(h.All()) }

// AppendHeaderLine appends a header as a line; neither name nor value can hold a line break.
func AppendHeaderLine(dst []byte, name, value string) []byte {
	dst = append(dst, name...)
	dst = append(dst, ':')
	dst = append(dst, value...)
	return append(dst, '\n')
}

// ParseHeaderLines reads what AppendHeaderLine has written, nil if that is nothing.
func ParseHeaderLines(lines string) map[string]string {
	if lines == "" {
		return nil
	}
	headers := map[string]string{}
	for line := range strings.Lines(lines) {
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ":")
		headers[name] = value
	}
	return headers
}
