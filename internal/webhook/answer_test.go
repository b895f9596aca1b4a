package webhook

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/bot9/bot9/internal/bot9"
)

func TestAnswerBodyIsBounded(t *testing.T) {
	for name, tc := range map[string]struct {
		body      string
		kept      string
		truncated bool
	}{
		"none":                 {},
		"exactly":              {strings.Repeat("a", 16<<10), strings.Repeat("a", 16<<10), false},
		"one more":             {strings.Repeat("a", 16<<10+1), strings.Repeat("a", 16<<10), true},
		"much more":            {strings.Repeat("a", 1<<20), strings.Repeat("a", 16<<10), true},
		"NUL and broken UTF-8": {"a\x00b\xff\xfec", "a\uFFFDb\uFFFDc", false},
		"cut in a character":   {strings.Repeat("a", 16<<10-1) + "äb", strings.Repeat("a", 16<<10-1), true},
		"grown by replacing":   {strings.Repeat("\x00", 16<<10), strings.Repeat("\uFFFD", 16<<10/3), true},
	} {
		attempt := sendTo(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, tc.body) })
		if attempt.ResponseBody != tc.kept || attempt.Truncated != tc.truncated || attempt.Outcome != bot9.OutcomeSuccess {
			t.Errorf("%s: kept %d bytes, want %d; truncated %v; %s %s", name, len(attempt.ResponseBody), len(tc.kept), attempt.Truncated, attempt.Outcome, attempt.Error)
		}
	}
}

func TestCompressedAnswerIsNotUnpacked(t *testing.T) {
	var packed bytes.Buffer
	zip := gzip.NewWriter(&packed)
	_, _ = zip.Write(make([]byte, 8<<20))
	_ = zip.Close()
	var asked string
	attempt := sendTo(t, func(w http.ResponseWriter, r *http.Request) {
		asked = r.Header.Get("Accept-Encoding")
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(packed.Bytes())
	})
	if asked != "" || attempt.Outcome != bot9.OutcomeSuccess || len(attempt.ResponseBody) > 16<<10 || !utf8.ValidString(attempt.ResponseBody) || attempt.ResponseHeaders["content-encoding"] != "gzip" {
		t.Errorf("asked for %q; %s %s, %d bytes", asked, attempt.Outcome, attempt.Error, len(attempt.ResponseBody))
	}
}

func TestAnswerHeadersAreBounded(t *testing.T) {
	attempt := sendTo(t, func(w http.ResponseWriter, _ *http.Request) {
		for i := range 80 {
			w.Header().Set(fmt.Sprintf("A-%03d", i), "v")
		}
		w.Header()["A-001"] = []string{"x", "y"}
	})
	if n := len(attempt.ResponseHeaders); n != 50 || attempt.ResponseHeaders["a-001"] != "x, y" || attempt.ResponseHeaders["a-049"] != "v" {
		t.Errorf("kept %d: %v", n, attempt.ResponseHeaders)
	}
	attempt = sendTo(t, func(w http.ResponseWriter, _ *http.Request) {
		for i := range 12 {
			w.Header().Set(fmt.Sprintf("A-%03d", i), strings.Repeat("v", 1000))
		}
	})
	if n := len(attempt.ResponseHeaders); n != 8 || attempt.Outcome != bot9.OutcomeSuccess {
		t.Errorf("kept %d of 12 headers of 1,000 bytes; %s", n, attempt.Outcome)
	}
	attempt = sendTo(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("A", strings.Repeat("v", 70<<10))
	})
	if attempt.Outcome != bot9.OutcomeProtocol || !strings.Contains(attempt.Error, "larger than 64 KiB") {
		t.Errorf("%s: %s", attempt.Outcome, attempt.Error)
	}
}

func TestSwitchingProtocolsDoesNotHang(t *testing.T) {
	address := serveRaw(t, func(conn net.Conn) {
		readRequest(conn)
		_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n")
		silent(conn)
	})
	sender := newSender(t, Options{})
	attempt := sender.Send(t.Context(), prepare(t, sender, "http://"+address), request())
	if attempt.Outcome != bot9.OutcomeStatus || attempt.ResponseStatus != 101 || attempt.DurationMs > 5000 {
		t.Errorf("%s %s after %v ms", attempt.Outcome, attempt.Error, attempt.DurationMs)
	}
}

func TestDrippingAnswerIsCut(t *testing.T) {
	for name, head := range map[string]string{
		"body":    "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n",
		"chunked": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
		"headers": "HTTP/1.1 200 OK\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			drip := map[string]string{"body": "x", "chunked": "1\r\nx\r\n", "headers": "A: b\r\n"}[name]
			address := serveRaw(t, func(conn net.Conn) {
				readRequest(conn)
				_, _ = io.WriteString(conn, head)
				ticks := time.NewTicker(10 * time.Millisecond)
				defer ticks.Stop()
				for range ticks.C {
					if _, err := io.WriteString(conn, drip); err != nil {
						return
					}
				}
			})
			sender := newSender(t, Options{})
			endpoint := prepare(t, sender, "http://"+address)
			endpoint.timeout = 150 * time.Millisecond
			attempt := sender.Send(t.Context(), endpoint, request())
			if attempt.Outcome != bot9.OutcomeTimeout || !strings.Contains(attempt.Error, "did not finish its answer") || attempt.DurationMs > 2000 {
				t.Errorf("%s %q after %v ms", attempt.Outcome, attempt.Error, attempt.DurationMs)
			}
			if name == "body" && (attempt.ResponseStatus != 200 || !strings.HasPrefix(attempt.ResponseBody, "x")) {
				t.Errorf("what came must be kept: %d %q", attempt.ResponseStatus, attempt.ResponseBody)
			}
		})
	}
}
