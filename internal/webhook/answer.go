package webhook

import (
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/bot9/bot9/internal/bot9"
)

// How much of an answer is read and kept.
const (
	maxKeptBody        = 16 << 10
	maxReadBody        = 32 << 10 // a little more, so that the connection can be kept
	maxKeptHeaders     = 50
	maxKeptHeaderBytes = 8 << 10 // names and values together
	maxRetryAfter      = time.Hour
)

var answerBuffers = sync.Pool{New: func() any { return new([maxReadBody]byte) }}

// receive puts the answer into the attempt, its outcome included, and tells whether its body was read
// to the end. The error is why it could not be read as far as it is wanted.
func receive(attempt *bot9.Attempt, answer *http.Response, now time.Time) (whole bool, err error) {
	attempt.ResponseStatus = answer.StatusCode
	attempt.ResponseHeaders = keptHeaders(answer.Header)
	attempt.RetryAfter = retryAfter(answer, now)
	attempt.Outcome, attempt.Error = judge(answer.StatusCode)
	if answer.ContentLength == 0 { // so it is after 101 too, where reading would never end
		return true, nil
	}
	buffer := answerBuffers.Get().(*[maxReadBody]byte)
	defer answerBuffers.Put(buffer)
	n, whole, err := readAll(answer.Body, buffer[:])
	attempt.ResponseBody, attempt.Truncated = keptBody(buffer[:n])
	return whole, err
}

// readAll fills the buffer from body until the body's end, or until the buffer is full.
func readAll(body io.Reader, buffer []byte) (n int, ended bool, err error) {
	for n < len(buffer) {
		m, err := body.Read(buffer[n:])
		n += m
		if err == io.EOF {
			return n, true, nil
		}
		if err != nil {
			return n, false, err
		}
	}
	return n, false, nil
}

// keptBody returns the first maxKeptBody bytes as text that any database takes, and whether
// something was cut.
func keptBody(body []byte) (string, bool) {
	truncated := len(body) > maxKeptBody
	if truncated {
		body = body[:runeBoundary(body, maxKeptBody)]
	}
	text := storable(string(body))
	if len(text) > maxKeptBody { // replacing makes longer
		return text[:runeBoundary(text, maxKeptBody)], true
	}
	return text, truncated
}

// runeBoundary returns the largest index up to limit, which is inside text, that doesn't cut a
// character in two.
func runeBoundary[T string | []byte](text T, limit int) int {
	for back := range min(utf8.UTFMax, limit) {
		if utf8.RuneStart(text[limit-back]) {
			return limit - back
		}
	}
	return limit
}

// storable replaces what is not valid UTF-8, and NUL characters, which PostgreSQL refuses.
func storable(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "\uFFFD")
}

// keptHeaders returns the answer's headers under lower-case names. When they are too many or too
// long, those that come first in the alphabet are kept.
func keptHeaders(header http.Header) map[string]string {
	kept := make(map[string]string, min(len(header), maxKeptHeaders))
	size := 0
	for name, values := range header {
		size += keepHeader(kept, name, values)
	}
	if len(kept) <= maxKeptHeaders && size <= maxKeptHeaderBytes {
		return kept
	}
	size = 0
	for i, name := range slices.Sorted(maps.Keys(kept)) {
		if size += len(name) + len(kept[name]); i >= maxKeptHeaders || size > maxKeptHeaderBytes {
			delete(kept, name)
		}
	}
	return kept
}

func keepHeader(kept map[string]string, name string, values []string) int {
	value := values[0]
	if len(values) > 1 {
		value = strings.Join(values, ", ")
	}
	name, value = strings.ToLower(name), storable(value)
	kept[name] = value
	return len(name) + len(value)
}

// retryAfter returns how long a 429 or 503 asks to wait: RFC 9110 §10.2.3, seconds or a date.
func retryAfter(answer *http.Response, now time.Time) time.Duration {
	if answer.StatusCode != http.StatusTooManyRequests && answer.StatusCode != http.StatusServiceUnavailable {
		return 0
	}
	value := strings.TrimSpace(answer.Header.Get("Retry-After"))
	if value == "" {
		return 0
	}
	if strings.Trim(value, "0123456789") == "" {
		seconds, err := strconv.Atoi(value)
		if err != nil || seconds > int(maxRetryAfter/time.Second) {
			return maxRetryAfter
		}
		return time.Duration(seconds) * time.Second
	}
	if at, ok := parseDate(value); ok {
		return min(max(at.Sub(now), 0), maxRetryAfter)
	}
	return 0
}

// parseDate reads a date in one of HTTP's forms (RFC 9110 §5.6.7), and in those that servers write for
// the first of them: with UTC or an offset in place of GMT.
func parseDate(value string) (time.Time, bool) {
	if rest, ok := strings.CutSuffix(value, " UTC"); ok {
		value = rest + " GMT"
	}
	if at, err := http.ParseTime(value); err == nil {
		return at, true
	}
	for _, layout := range []string{"Mon, _2 Jan 2006 15:04:05 GMT", "Mon, _2 Jan 2006 15:04:05 -0700"} {
		if at, err := time.Parse(layout, value); err == nil {
			return at, true
		}
	}
	return time.Time{}, false
}
