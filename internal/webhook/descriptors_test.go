package webhook

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"syscall"
	"testing"

	"github.com/bot9/bot9/internal/bot9"
)

// TestNoDescriptorIsNotTheEndpointsFault has no descriptor for the connection, or for the name server's.
func TestNoDescriptorIsNotTheEndpointsFault(t *testing.T) {
	for _, none := range []syscall.Errno{syscall.EMFILE, syscall.ENFILE} {
		refuse := func(context.Context, string, string) (net.Conn, error) {
			return nil, &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("socket", none)}
		}
		sender := newSender(t, Options{})
		sender.pool.dial, sender.pool.dialPlain = refuse, refuse
		unresolved := newSender(t, Options{Resolver: &net.Resolver{PreferGo: true, Dial: refuse}})
		for name, attempt := range map[string]bot9.Attempt{
			"http":  sender.Send(t.Context(), prepare(t, sender, "http://127.0.0.1:8080/"), request()),
			"https": sender.Send(t.Context(), prepare(t, sender, "https://hooks.example.com/"), request()),
			"name":  unresolved.Send(t.Context(), prepare(t, unresolved, "https://hooks.example.com/"), request()),
		} {
			checkFailure(t, attempt, bot9.OutcomeCanceled, "no file descriptor left")
			if attempt.RetryAfter != ownFaultPause {
				t.Errorf("%s, %v: repeated after %v", name, none, attempt.RetryAfter)
			}
		}
	}
}

// TestDeliveriesLeaveDescriptorsToOthers has two connections at most. One that is only kept makes room; none is taken
// from an attempt under way.
func TestDeliveriesLeaveDescriptorsToOthers(t *testing.T) {
	sender := newSender(t, Options{MaxConnections: 2})
	hang, release := make(chan struct{}), make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/hang" {
			hang <- struct{}{}
			<-release
		}
	}))
	t.Cleanup(server.Close)
	to := func(id bot9.WebhookID, path string) *Endpoint {
		return prepare(t, sender, server.URL+path, func(w *bot9.Webhook) { w.ID = id })
	}
	for id := range bot9.WebhookID(5) {
		if attempt := sender.Send(t.Context(), to(id+1, "/"), request()); attempt.Outcome != bot9.OutcomeSuccess {
			t.Fatalf("webhook %d: %+v", id+1, attempt)
		}
	}
	if opened := sender.pool.opened.Load(); opened > 2 {
		t.Errorf("%d connections are open", opened)
	}
	ended := make(chan bot9.Attempt, 2)
	for id := range bot9.WebhookID(2) {
		go func() { ended <- sender.Send(t.Context(), to(id+11, "/hang"), request()) }()
		<-hang
	}
	refused := sender.Send(t.Context(), to(21, "/"), request())
	checkFailure(t, refused, bot9.OutcomeCanceled, "no file descriptor left")
	close(release)
	for range 2 {
		if attempt := <-ended; attempt.Outcome != bot9.OutcomeSuccess {
			t.Errorf("the attempt under way: %+v", attempt)
		}
	}
	if attempt := sender.Send(t.Context(), to(21, "/"), request()); attempt.Outcome != bot9.OutcomeSuccess {
		t.Errorf("once there is room: %+v", attempt)
	}
	sender.Close()
	if opened := sender.pool.opened.Load(); opened != 0 {
		t.Errorf("%d connections count as open after all were closed", opened)
	}
}
