package faultproxy

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestFaults asks through the proxy, and looks at what a client gets to see of each fault.
func TestFaults(t *testing.T) {
	reached := make(chan struct{}, 100)
	endpoint := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached <- struct{}{} }))
	defer endpoint.Close()
	proxy, err := Start(strings.TrimPrefix(endpoint.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer proxy.Close()
	cases := []struct {
		name    string
		fault   Fault
		reaches bool
		check   func(read string, took time.Duration, err error) bool
	}{
		{"none", None, true, func(read string, _ time.Duration, err error) bool {
			return err == nil && strings.HasPrefix(read, "HTTP/1.1 200 OK")
		}},
		{"refuse", Refuse, false, func(read string, _ time.Duration, _ error) bool { return read == "" }},
		{"stall", Stall, false, func(read string, _ time.Duration, err error) bool {
			var timeout net.Error
			return read == "" && errors.As(err, &timeout) && timeout.Timeout()
		}},
		{"reset", Reset, true, func(read string, _ time.Duration, err error) bool {
			return read == "" && errors.Is(err, syscall.ECONNRESET)
		}},
		{"truncate", Truncate, true, func(read string, _ time.Duration, _ error) bool { return read == "HTTP/1.1 200" }},
		{"drip", Drip, true, func(read string, _ time.Duration, err error) bool {
			var timeout net.Error
			return len(read) > 0 && len(read) < 10 && errors.As(err, &timeout) && timeout.Timeout()
		}},
		{"slow connect", SlowConnect, true, func(read string, took time.Duration, err error) bool {
			return err == nil && strings.HasPrefix(read, "HTTP/1.1 200 OK") && took >= ConnectDelay
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			proxy.Become(c.fault)
			read, took, err := ask(t, proxy.Addr())
			if !c.check(read, took, err) {
				t.Errorf("read %q after %s: %v", read, took, err)
			}
			if n := proxy.Taken(c.fault); n != 1 {
				t.Errorf("taken %d connections, want 1", n)
			}
			select {
			case <-reached:
				if !c.reaches {
					t.Error("the request reached the endpoint")
				}
			default:
				if c.reaches {
					t.Error("the request did not reach the endpoint")
				}
			}
		})
	}
}

// ask makes a request and reads until the end, or for as long as three drips take.
func ask(t *testing.T, addr string) (read string, took time.Duration, err error) {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	start := time.Now()
	if err := conn.SetReadDeadline(start.Add(3 * DripInterval)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: endpoint\r\nConnection: close\r\n\r\n"); err != nil {
		return "", time.Since(start), err
	}
	text, err := io.ReadAll(bufio.NewReader(conn))
	return string(text), time.Since(start), err
}
