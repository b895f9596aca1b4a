package visitor

import (
	"net/http/httptest"
	"testing"

	"github.com/bot9/bot9/internal/bot9"
)

func service(t *testing.T, base string) *Service {
	t.Helper()
	s, err := New(Options{BaseURL: base, Limits: DefaultLimits})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// The table of who may embed a widget that allows shop.example, with a port, an IDN and an address besides.
func TestOrigins(t *testing.T) {
	s := service(t, "https://bot9.example")
	var allowed []string
	for _, text := range []string{"https://shop.example", "https://Shop.Example:8443", "https://bücher.example", "http://[2001:DB8::1]:80", "http://localhost:3000"} {
		origin, err := s.NormalizeOrigin(text, "body.allowedOrigins[0]")
		if err != nil {
			t.Fatal(err)
		}
		allowed = append(allowed, origin)
	}
	for _, c := range []struct {
		name, origin, site string
		want               bool
	}{
		{"the origin", "https://shop.example", "cross-site", true},
		{"the origin, from an old browser", "https://shop.example", "", true},
		{"with its port", "https://shop.example:8443", "cross-site", true},
		{"an IDN as browsers write it", "https://xn--bcher-kva.example", "cross-site", true},
		{"an IPv6 address without the default port", "http://[2001:db8::1]", "cross-site", true},
		{"a developer's machine", "http://localhost:3000", "cross-site", true},
		{"our own page", "https://bot9.example", "same-origin", true},
		{"our own page, read without an Origin", "", "same-origin", true},

		{"no Origin", "", "", false},
		{"no Origin, from another site", "", "cross-site", false},
		{"no Origin, from a sibling", "", "same-site", false},
		{"no Origin, typed into the address bar", "", "none", false},
		{"null", "null", "cross-site", false},
		{"null that claims to be ours", "null", "same-origin", false},
		{"another port", "https://shop.example:8444", "cross-site", false},
		{"the default port written out", "https://shop.example:443", "cross-site", false},
		{"another scheme", "http://shop.example", "cross-site", false},
		{"another scheme with the port", "http://shop.example:8443", "cross-site", false},
		{"a suffix", "https://evilshop.example", "cross-site", false},
		{"a longer name", "https://shop.example.evil.example", "cross-site", false},
		{"a subdomain", "https://www.shop.example", "cross-site", false},
		{"the parent", "https://example", "cross-site", false},
		{"the dot of the root", "https://shop.example.", "cross-site", false},
		{"capital letters, which no browser sends", "https://SHOP.example", "cross-site", false},
		{"an IDN as people write it, which no browser sends", "https://bücher.example", "cross-site", false},
		{"a name that looks like it", "https://xn--shp-vna.example", "cross-site", false},
		{"full-width letters", "https://ｓhop.example", "cross-site", false},
		{"credentials", "https://shop.example@evil.example", "cross-site", false},
		{"a path", "https://shop.example/", "cross-site", false},
		{"a list", "https://shop.example https://evil.example", "cross-site", false},
		{"an extension", "chrome-extension://shop.example", "cross-site", false},
		{"a file", "file://", "cross-site", false},
		{"a zone", "http://[2001:db8::1%25eth0]", "cross-site", false},
		{"evil that claims to be ours", "https://evil.example", "same-origin", false},
		{"our host by another scheme", "http://bot9.example", "cross-site", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := httptest.NewRequest("POST", "https://bot9.example/api/widget/messages", nil)
			if c.origin != "" {
				r.Header.Set("Origin", c.origin)
			}
			if c.site != "" {
				r.Header.Set("Sec-Fetch-Site", c.site)
			}
			if got := s.Allows(r, allowed); got != c.want {
				t.Errorf("%q (%s) is allowed: %t, want %t", c.origin, c.site, got, c.want)
			}
		})
	}
	twice := httptest.NewRequest("POST", "https://bot9.example/api/widget/messages", nil)
	twice.Header["Origin"] = []string{"https://shop.example", "https://evil.example"}
	if s.Allows(twice, allowed) {
		t.Error("two origins are allowed")
	}
	if other := httptest.NewRequest("POST", "https://bot9.example/", nil); s.Allows(other, nil) {
		t.Error("a widget that allows no origin allows a program")
	}
}

// Nothing but an origin can be allowed.
func TestNoOrigins(t *testing.T) {
	s := service(t, "http://127.0.0.1:8420")
	for _, text := range []string{
		"", "null", "*", "shop.example", "//shop.example", "https://", "https://*.shop.example", "https://shop.example/path", "https://shop.example?q",
		"https://shop.example#", "https://user@shop.example", "ftp://shop.example", "https://shop.example:0", "https://shop.example:99999",
		"https://shop example", "javascript:alert(1)", "https://shop_.example", "https://xn--a.example", "data:text/html,x",
	} {
		if origin, err := s.NormalizeOrigin(text, "body"); bot9.CodeOf(err) != "invalidOrigin" {
			t.Errorf("%q is taken as %q (%v)", text, origin, err)
		}
	}
}
