package webhook

import (
	"context"
	"net"
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
