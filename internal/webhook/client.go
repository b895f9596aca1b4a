package webhook

import (
	"net"
	"net/http"
	"time"
)

// Client returns an HTTP client for requests to targets that users choose: models, custom actions. What the guard refuses
// isn't reached; it checks the URL of each request, and every address at the moment of dialling. Redirects are not
// followed, and no proxy is asked: else the guard would see only the proxy.
func (g *Guard) Client() *http.Client {
	transport := func(plain bool) *http.Transport {
		return &http.Transport{
			DialContext: g.dialer(net.DefaultResolver, plain), ForceAttemptHTTP2: true, DisableCompression: true,
			MaxIdleConns: 100, MaxIdleConnsPerHost: 16, IdleConnTimeout: time.Minute, TLSHandshakeTimeout: 10 * time.Second,
			MaxResponseHeaderBytes: maxAnswerHeader,
		}
	}
	return &http.Client{
		Transport:     &guardedTransport{guard: g, plain: transport(true), encrypted: transport(false)},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

type guardedTransport struct {
	guard            *Guard
	plain, encrypted *http.Transport
}

// RoundTrip implements http.RoundTripper.
func (t *guardedTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := t.guard.CheckURL(r.URL.String()); err != nil {
		return nil, err
	}
	if r.URL.Scheme == "http" {
		return t.plain.RoundTrip(r)
	}
	return t.encrypted.RoundTrip(r)
}

// CloseIdleConnections is what http.Client calls.
func (t *guardedTransport) CloseIdleConnections() {
	t.plain.CloseIdleConnections()
	t.encrypted.CloseIdleConnections()
}
