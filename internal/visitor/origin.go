package visitor

import (
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/idna"

	"github.com/bot9/bot9/internal/bot9"
)

// maxOrigin bounds an origin's length: a host name has at most 253 characters.
const maxOrigin = 300

var hostNames = idna.New(idna.MapForLookup(), idna.Transitional(false), idna.StrictDomainName(true), idna.BidiRule())

// NormalizeOrigin returns an origin as browsers write it (RFC 6454, section 6.2): lower case, the host in ASCII, no
// default port. It fails with Invalid for anything that is no http or https origin, such as a URL with a path, "null"
// or a wildcard.
func (*Service) NormalizeOrigin(text, location string) (string, error) {
	wrong := func(message string) (string, error) {
		return "", bot9.InvalidField("invalidOrigin", location, "%s", message)
	}
	if len(text) > maxOrigin {
		return wrong("The origin is too long.")
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return wrong("It must be an origin such as https://shop.example: scheme, host and, if need be, port.")
	}
	if saysMore(u) || strings.Contains(text, "#") {
		return wrong("It must be the origin alone, without path, query, fragment or credentials.")
	}
	host := u.Hostname()
	if strings.Contains(host, "*") {
		return wrong("Wildcards are not supported: list every origin.")
	}
	if host, err = normalizeHost(host); err != nil {
		return wrong("It has no valid host name.")
	}
	port := u.Port()
	if port == "" || port == defaultPorts[u.Scheme] {
		return u.Scheme + "://" + host, nil
	}
	number, err := strconv.ParseUint(port, 10, 16)
	if err != nil || number == 0 {
		return wrong("It has no valid port.")
	}
	return u.Scheme + "://" + host + ":" + strconv.FormatUint(number, 10), nil
}

var defaultPorts = map[string]string{"http": "80", "https": "443"}

// saysMore tells whether a URL has anything that is no part of an origin. A path of nothing but a slash is let pass.
func saysMore(u *url.URL) bool {
	return u.User != nil || u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.Fragment != "" || u.ForceQuery
}

func normalizeHost(host string) (string, error) {
	if addr, err := netip.ParseAddr(host); err == nil {
		if addr.Is6() {
			return "[" + addr.String() + "]", nil
		}
		return addr.String(), nil
	}
	return hostNames.ToASCII(host)
}

// Allows tells whether the page that made a request may use the widget: one of the server's own, or one whose origin is
// exactly one of those that the widget allows. Browsers write an origin in one way, so equal ones are equal texts. The
// "null" of sandboxed pages and local files is no origin.
func (s *Service) Allows(r *http.Request, allowed []string) bool {
	origins, site := r.Header.Values("Origin"), r.Header.Get("Sec-Fetch-Site")
	switch {
	case len(origins) == 0:
		return site == "same-origin" // browsers leave the origin out of a page's reading of its own server
	case len(origins) > 1 || origins[0] == "" || origins[0] == "null":
		return false
	case origins[0] == s.origin || slices.Contains(allowed, origins[0]):
		return true
	}
	_, host, _ := strings.Cut(origins[0], "://")
	return site == "same-origin" && host == r.Host
}
