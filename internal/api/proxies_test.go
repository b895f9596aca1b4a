package api

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/bot9/bot9/internal/bot9"
)

func TestClientIPBehind(t *testing.T) {
	for name, test := range map[string]struct {
		trusted   []string
		peer      string
		forwarded []string
		want      string
	}{
		"nobody trusted":              {nil, "10.0.0.1:1000", []string{"203.0.113.7"}, "10.0.0.1"},
		"not by a proxy":              {[]string{"10.0.0.0/8"}, "203.0.113.9:1000", []string{"203.0.113.7"}, "203.0.113.9"},
		"by a proxy":                  {[]string{"10.0.0.0/8"}, "10.0.0.1:1000", []string{"203.0.113.7"}, "203.0.113.7"},
		"by a proxy named by address": {[]string{"10.0.0.1"}, "10.0.0.1:1000", []string{"203.0.113.7"}, "203.0.113.7"},
		"by another address":          {[]string{"10.0.0.1"}, "10.0.0.2:1000", []string{"203.0.113.7"}, "10.0.0.2"},
		"made up before":              {[]string{"10.0.0.0/8"}, "10.0.0.1:1000", []string{"127.0.0.1, 198.51.100.1, 203.0.113.7"}, "203.0.113.7"},
		"two proxies":                 {[]string{"10.0.0.0/8"}, "10.0.0.1:1000", []string{"198.51.100.1, 203.0.113.7, 10.0.0.2"}, "203.0.113.7"},
		"two lines":                   {[]string{"10.0.0.0/8"}, "10.0.0.1:1000", []string{"198.51.100.1", "203.0.113.7,10.0.0.2"}, "203.0.113.7"},
		"only proxies":                {[]string{"10.0.0.0/8"}, "10.0.0.1:1000", []string{"10.0.0.3, 10.0.0.2"}, "10.0.0.3"},
		"without the header":          {[]string{"10.0.0.0/8"}, "10.0.0.1:1000", nil, "10.0.0.1"},
		"unreadable":                  {[]string{"10.0.0.0/8"}, "10.0.0.1:1000", []string{"203.0.113.7, unknown, 10.0.0.2"}, "10.0.0.2"},
		"with ports":                  {[]string{"10.0.0.0/8"}, "10.0.0.1:1000", []string{"203.0.113.7:4711, 10.0.0.2:99"}, "203.0.113.7"},
		"IPv6, the network":           {[]string{"fd00::/8"}, "[fd00::1]:1000", []string{"2001:db8:1:2:3::4"}, "2001:db8:1:2::/64"},
		"IPv6 with a port":            {[]string{"fd00::/8"}, "[fd00::1]:1000", []string{"[2001:db8:1:2:3::4]:80"}, "2001:db8:1:2::/64"},
		"IPv4 within IPv6":            {[]string{"10.0.0.0/8"}, "[::ffff:10.0.0.1]:1000", []string{"::ffff:203.0.113.7"}, "203.0.113.7"},
	} {
		t.Run(name, func(t *testing.T) {
			clientIP, err := ClientIPBehind(test.trusted)
			if err != nil {
				t.Fatal(err)
			}
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.RemoteAddr = test.peer
			r.Header["X-Forwarded-For"] = test.forwarded
			if got := clientIP(r); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func TestClientIPBehindRefuses(t *testing.T) {
	for _, text := range []string{"", "proxy.example.com", "10.0.0.0/33"} {
		if _, err := ClientIPBehind([]string{text}); bot9.CodeOf(err) != "invalidSetting" {
			t.Errorf("%q: %v", text, err)
		}
	}
}
