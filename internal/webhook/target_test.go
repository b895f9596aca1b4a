package webhook

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/bot9/bot9/internal/bot9"
)

func mustGuard(tb testing.TB, allow []string, self ...string) *Guard {
	tb.Helper()
	guard, err := NewGuard(allow, self...)
	if err != nil {
		tb.Fatal(err)
	}
	return guard
}

func TestNewGuardRefusesBrokenEntries(t *testing.T) {
	for _, entry := range []string{"http://example.com", "10.0.0.0/33", "a b", "host:0", "host:99999", "host:", "[::1", "fe80::1%eth0", "127.1", "0x7f000001", "ex..ample", "*"} {
		if _, err := NewGuard([]string{entry}); bot9.CodeOf(err) != "invalidAllowTargets" {
			t.Errorf("NewGuard(%q) = %v", entry, err)
		}
	}
	if _, err := NewGuard([]string{"", " 10.0.0.0/8 ", "::1", "[::1]:80", "Localhost.:9000", "a_b.internal"}); err != nil {
		t.Error(err)
	}
	if _, err := NewGuard(nil, "example.com"); bot9.CodeOf(err) != "invalidBaseUrl" {
		t.Errorf("an own address without a port: %v", err)
	}
}

func TestCheckURLWithoutAllowList(t *testing.T) {
	guard := mustGuard(t, nil, "127.0.0.1:8420", "bots.example.com:443")
	for code, urls := range map[string][]string{
		"": {
			"https://example.com", "https://example.com:8443/a/b?c=d%20e", "HTTPS://EXAMPLE.com./x", "https://8.8.8.8/",
			"https://[2606:4700::1111]/", "https://[::ffff:8.8.8.8]/", "https://xn--mnchen-3ya.example/", "https://a_b.example.com/",
			"https://127.0.0.1:8420/receiver/x", "http://localhost:8420/receiver/x", "https://bots.example.com/receiver/",
			"https://bots.example.com:8443/api/", "https://0xcafe.example/", "https://1.2.3.4.example/",
		},
		"invalidUrl": {
			"", " https://example.com", "example.com", "//example.com", "https:", "https://", "https:///x", "https:example.com",
			"ftp://example.com", "javascript:alert(1)", "https://user:pw@example.com", "https://user@example.com", "https://@example.com",
			"https://example.com/#x", "https://example.com#", "https://example.com:", "https://example.com:0", "https://example.com:65536",
			"https://example.com:x", "https://exa mple.com", "https://example.com/\r\nHost: x", "https://example.com\\@evil.com/", "https://ex\x00.com",
			"https://①②⑦.⓪.⓪.①/", "https://%E2%91%A0.0.0.1/", "https://münchen.example/", "https://127.0.0.1。/", "https://example..com", "https://.example.com",
			"https://2130706433/", "https://127.1/", "https://0x7f.0.0.1/", "https://0177.0.0.1/", "https://0x7f000001/", "https://127.0.0.256/", "https://1.1.1.1.1/",
			"https://-\u00ad.com", "https://" + strings.Repeat("a", 64) + ".com", "https://example.com/" + strings.Repeat("a", 2048), "https://[::1", "https://[]/", "https://a[::1]/", "https://*.example.com/",
		},
		"targetNotAllowed": {
			"http://example.com", "http://8.8.8.8/", "https://127.0.0.1", "https://127.0.0.1./", "https://0.0.0.0/", "https://10.1.2.3", "https://100.64.0.1",
			"https://172.16.0.1", "https://192.168.1.1", "https://169.254.169.254/latest/meta-data/", "https://168.63.129.16/", "https://100.100.100.200/", "https://192.0.0.192/",
			"https://224.0.0.1/", "https://255.255.255.255/", "https://240.0.0.1/", "https://198.18.0.1/", "https://[::1]/", "https://[::]/", "https://[::ffff:127.0.0.1]/",
			"https://[::ffff:a00:1]/", "https://[::127.0.0.1]/", "https://[fe80::1]/", "https://[fe80::1%25eth0]/", "https://[2606:4700::1111%25x]/", "https://[fc00::1]/", "https://[fd00:ec2::254]/",
			"https://[64:ff9b::7f00:1]/", "https://[64:ff9b:1::a00:1]/", "https://[2002:7f00:1::]/", "https://[2001::1]/", "https://[2001:0:7f00:1::]/", "https://[ff02::1]/", "https://[fec0::1]/", "https://[2001:db8::1]/",
			"https://localhost", "https://LOCALHOST./", "https://x.localhost/", "https://localhost.localdomain/", "https://redis/", "https://printer.local/", "https://metadata.google.internal/",
			"https://127.0.0.1:8420/api/", "https://localhost:8420/", "https://127.0.0.1:8420/receiver/../api/", "https://127.0.0.1:8420/receiver/%2e%2e/api/", "https://[::1]:8420/", "https://bots.example.com/api/x", "https://bots.example.com./api/x", "https://bots.example.com/receiver",
			"https://127.0.0.2:8420/receiver/x", "https://x.localhost:8420/receiver/x", "https://[::1]:8420/receiver/x", "https://127.0.0.1:8421/receiver/x",
		},
	} {
		for _, raw := range urls {
			checkURLCode(t, guard, raw, code)
		}
	}
}

func checkURLCode(t *testing.T, guard *Guard, raw, code string) {
	t.Helper()
	err := guard.CheckURL(raw)
	if bot9.CodeOf(err) != code {
		t.Errorf("CheckURL(%.80q) = %v, want %q", raw, err, code)
	}
	if e, ok := errors.AsType[*bot9.Error](err); ok && (e.Kind != bot9.Invalid || e.Fields[0].Location != "body.url") {
		t.Errorf("CheckURL(%.80q): kind %v, fields %v", raw, e.Kind, e.Fields)
	}
}

func TestCheckURLWithAllowList(t *testing.T) {
	for _, tc := range []struct {
		allow         []string
		good, refused []string
	}{
		{
			[]string{"127.0.0.0/8"},
			[]string{"http://127.0.0.1:9000/x", "https://127.9.9.9", "http://localhost:9000", "http://[::ffff:127.0.0.1]/", "http://some.example/", "https://redis/"},
			[]string{"http://10.0.0.1", "https://[::1]/", "http://8.8.8.8/", "http://0.0.0.0/"},
		},
		{[]string{"::1"}, []string{"http://[::1]:9000/", "http://localhost/"}, []string{"https://127.0.0.1/"}},
		{[]string{"10.0.0.0/8"}, []string{"http://10.1.1.1/", "http://redis/"}, []string{"http://localhost/", "https://x.localhost/", "http://172.16.0.1/"}},
		{[]string{"::ffff:10.0.0.0/104"}, []string{"http://10.1.1.1/"}, []string{"http://11.1.1.1/"}},
		{[]string{"hooks.internal"}, []string{"http://hooks.internal/", "http://HOOKS.internal.:81/", "https://hooks.internal/"}, []string{"https://other.internal/", "http://example.com/", "https://a.hooks.internal/"}},
		{[]string{"hooks.internal:8080"}, []string{"http://hooks.internal:8080/"}, []string{"http://hooks.internal/", "https://hooks.internal/"}},
		{[]string{"127.0.0.1:9000"}, []string{"http://127.0.0.1:9000/", "http://localhost:9000/"}, []string{"http://127.0.0.1:9001/", "http://localhost:9001/"}},
		{[]string{"168.63.129.16"}, []string{"http://168.63.129.16/"}, []string{"https://169.254.169.254/"}},
	} {
		guard := mustGuard(t, tc.allow)
		for _, raw := range tc.good {
			checkURLCode(t, guard, raw, "")
		}
		for _, raw := range tc.refused {
			checkURLCode(t, guard, raw, "targetNotAllowed")
		}
	}
}

func TestOwnAddressNeedsAnExactEntry(t *testing.T) {
	const api = "http://127.0.0.1:8420/api/x"
	checkURLCode(t, mustGuard(t, []string{"127.0.0.0/8"}, "127.0.0.1:8420"), api, "targetNotAllowed")
	checkURLCode(t, mustGuard(t, []string{"127.0.0.1"}, "localhost:8420"), api, "targetNotAllowed")
	checkURLCode(t, mustGuard(t, []string{"127.0.0.0/8"}, "0.0.0.0:8420"), api, "targetNotAllowed")
	checkURLCode(t, mustGuard(t, []string{"127.0.0.1:8420"}, "127.0.0.1:8420"), api, "")
	checkURLCode(t, mustGuard(t, []string{"127.0.0.0/8"}, "127.0.0.1:8421"), api, "")
}

func TestCheckAddr(t *testing.T) {
	allowing := mustGuard(t, []string{"10.0.0.0/8", "::1", "192.168.1.1:9000"})
	for _, tc := range []struct {
		addr             string
		https, plainHTTP error
	}{
		{"8.8.8.8:443", nil, errPlainHTTP},
		{"[2606:4700::1111]:443", nil, errPlainHTTP},
		{"[::ffff:8.8.8.8]:443", nil, errPlainHTTP},
		{"10.2.3.4:80", nil, nil},
		{"[::ffff:10.2.3.4]:80", nil, nil},
		{"[::1]:80", nil, nil},
		{"192.168.1.1:9000", nil, nil},
		{"192.168.1.1:9001", errBlocked, errBlocked},
		{"127.0.0.1:80", errBlocked, errBlocked},
		{"[::ffff:127.0.0.1]:80", errBlocked, errBlocked},
		{"168.63.129.16:80", errBlocked, errBlocked},
		{"[fe80::1%eth0]:80", errBlocked, errBlocked},
		{"[64:ff9b::a00:1]:80", errBlocked, errBlocked},
		{"[2002:a00:1::]:80", errBlocked, errBlocked},
	} {
		target := netip.MustParseAddrPort(tc.addr)
		for plain, want := range map[bool]error{false: tc.https, true: tc.plainHTTP} {
			if got := allowing.checkAddr(target.Addr(), target.Port(), plain); !errors.Is(got, want) {
				t.Errorf("checkAddr(%s, plain=%v) = %v, want %v", tc.addr, plain, got, want)
			}
		}
	}
}

func FuzzCheckURL(f *testing.F) {
	for _, seed := range []string{"https://example.com/", "https://①②⑦.⓪.⓪.①/", "https://[::ffff:7f00:1]:1/", "https://0x7f.1", "http://user@h:1/#x", "https://127.0.0.1:8420/receiver/"} {
		f.Add(seed)
	}
	guard := mustGuard(f, nil)
	f.Fuzz(func(t *testing.T, raw string) {
		if err := guard.CheckURL(raw); err != nil {
			if code := bot9.CodeOf(err); !slices.Contains([]string{"invalidUrl", "targetNotAllowed"}, code) {
				t.Fatalf("code %q", code)
			}
			return
		}
		u, target, err := parseURL(raw)
		if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || u.Fragment != "" {
			t.Fatalf("%q was taken: %v", raw, err)
		}
		if ip, err := netip.ParseAddr(target.host); err == nil && (ip.IsPrivate() || ip.IsLoopback() || ip.IsLinkLocalUnicast() || ip.IsMulticast() || ip.IsUnspecified()) {
			t.Fatalf("%q was taken", raw)
		}
	})
}
