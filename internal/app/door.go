package app

import (
	"crypto/subtle"
	"encoding/json"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/bot9/bot9/internal/bot9"
)

// anyHost in --allowed-hosts switches the check of the Host header off.
const anyHost = "*"

// door looks at every request before anything else does.
type door struct {
	hosts   map[string]bool // lower-case names that the server answers to; nil = all
	latest  atomic.Value    // the Host header that was let in last: nearly all requests carry the same
	secure  bool            // people reach the server by HTTPS
	metrics http.Handler
	token   string // that opens the metrics; "" = none
	outside bool   // the metrics have an address of their own, and are closed here
	next    http.Handler
}

// allowedHosts are the names that the server answers to, besides localhost and IP addresses.
func allowedHosts(baseURL string, allowed []string) (map[string]bool, error) {
	hosts := map[string]bool{}
	if base, err := url.Parse(baseURL); err == nil {
		hosts[strings.ToLower(base.Hostname())] = true
	}
	for _, entry := range allowed {
		if entry == anyHost {
			return nil, nil
		}
		host := hostName(entry)
		if host == "" || strings.ContainsAny(entry, "/ *?#@") {
			return nil, bot9.Errorf(bot9.Invalid, "invalidSetting", "allowed-hosts must be host names, like bot9.example.com, or * for any; %q is none.", entry)
		}
		hosts[host] = true
	}
	return hosts, nil
}

// hostName is the host of a Host header, without port, brackets and the dot at the end.
func hostName(header string) string {
	host := header
	if name, _, err := net.SplitHostPort(header); err == nil {
		host = name
	}
	return strings.ToLower(strings.TrimSuffix(strings.Trim(host, "[]"), "."))
}

// knows tells whether the server answers to the name. A page on the web can make its own name point at
// this server (DNS rebinding), but not change what the browser sends as Host; nobody can point localhost
// or an IP address anywhere.
func (d *door) knows(header string) bool {
	if header == d.latest.Load() {
		return true
	}
	host := hostName(header)
	known := d.hosts == nil || host == "localhost" || d.hosts[host]
	if !known {
		_, err := netip.ParseAddr(host)
		known = err == nil
	}
	if known {
		d.latest.Store(header)
	}
	return known
}

// ServeHTTP implements http.Handler.
func (d *door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.URL.Path == "/healthz" || r.URL.Path == "/readyz": // load balancers call them by any host name
	case !d.knows(r.Host):
		refuse(w, http.StatusMisdirectedRequest, "hostNotAllowed",
			"This server doesn't answer to this Host name. If it is the server's, name it by --base-url or --allowed-hosts.")
		return
	case r.URL.Path == "/metrics":
		d.serveMetrics(w, r)
		return
	}
	if d.secure {
		w.Header().Set("Strict-Transport-Security", "max-age=31536000")
	}
	d.next.ServeHTTP(w, r)
}

// serveMetrics shows the metrics to callers with the token, or, without one, to programs on this
// machine that no proxy speaks for.
func (d *door) serveMetrics(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		w.Header().Set("Allow", "GET, HEAD")
		refuse(w, http.StatusMethodNotAllowed, "methodNotAllowed", "Metrics are read by GET.")
	case d.outside:
		refuse(w, http.StatusNotFound, "notFound", "The metrics are at the address that --metrics-addr names.")
	case d.token != "" && hasToken(r, d.token), d.token == "" && fromHere(r):
		d.metrics.ServeHTTP(w, r)
	case d.token != "":
		w.Header().Set("WWW-Authenticate", `Bearer realm="metrics"`)
		refuse(w, http.StatusUnauthorized, "unauthorized", "The metrics take the token that --metrics-token sets (Authorization: Bearer …).")
	default:
		refuse(w, http.StatusForbidden, "metricsClosed", "The metrics are for this machine only. Set --metrics-addr or --metrics-token to read them from elsewhere.")
	}
}

func hasToken(r *http.Request, token string) bool {
	given, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	return ok && subtle.ConstantTimeCompare([]byte(given), []byte(token)) == 1
}

// forwarding are the headers that a proxy adds to name its client.
var forwarding = []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-Ip", "Via"}

// fromHere tells whether a program on this machine calls, and none of elsewhere through a proxy.
func fromHere(r *http.Request) bool {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && peer.Addr().Unmap().IsLoopback() &&
		!slices.ContainsFunc(forwarding, func(name string) bool { return r.Header.Get(name) != "" })
}

// refuse answers as the API does.
func refuse(w http.ResponseWriter, status int, code, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"title": http.StatusText(status), "status": status, "code": code, "detail": detail}) // the client may be gone
}
