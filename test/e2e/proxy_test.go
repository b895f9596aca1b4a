package e2e

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestClientBehindAProxyHasItsOwnAddress: by what a trusted proxy writes, and nobody else.
func TestClientBehindAProxyHasItsOwnAddress(t *testing.T) {
	t.Parallel()
	for trusted, from := range map[string]string{"": "127.0.0.1", "127.0.0.1": "203.0.113.7"} {
		s := startServer(t, "--trusted-proxies="+trusted, "--log-level=debug")
		request, err := http.NewRequest(http.MethodPost, s.url()+"/api/auth/login", strings.NewReader(`{"email":"ada@example.com","password":"wrong"}`))
		must(t, err)
		request.Header.Set("X-Forwarded-For", "198.51.100.1, 203.0.113.7")
		answer, err := http.DefaultClient.Do(request)
		must(t, err)
		must(t, answer.Body.Close())
		eventually(t, 5*time.Second, func() error {
			if !strings.Contains(s.out.String(), `"from":"`+from+`"`) {
				return errors.New("with --trusted-proxies=" + trusted + " the log doesn't say that the request is from " + from)
			}
			return nil
		})
	}
}
