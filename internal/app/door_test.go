package app

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

// A page whose name was rebound to this server gets nothing, whatever it asks for.
func TestHosts(t *testing.T) {
	hosts, err := allowedHosts("https://Bot9.example.com", []string{"inside.example.com", "other.example.com."})
	if err != nil {
		t.Fatal(err)
	}
	d := &door{hosts: hosts, secure: true, next: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })}
	for host, want := range map[string]int{
		"bot9.example.com": 204, "BOT9.example.com:8443": 204, "bot9.example.com.": 204, "inside.example.com": 204, "other.example.com:80": 204,
		"localhost:8420": 204, "127.0.0.1:8420": 204, "[::1]:8420": 204, "192.0.2.7": 204, "[2001:db8::7]": 204,
		"evil.example": 421, "bot9.example.com.evil.example": 421, "localhost.evil.example": 421, "127.0.0.1.evil.example:8420": 421, "": 421,
		"evil.example:80@bot9.example.com": 421,
	} {
		for _, path := range []string{"/", "/api/auth/signup", "/receiver/x", "/metrics"} {
			r := httptest.NewRequest(http.MethodPost, path, nil)
			r.Host = host
			rec := httptest.NewRecorder()
			d.ServeHTTP(rec, r)
			if path == "/metrics" && want == 204 {
				continue
			}
			if rec.Code != want {
				t.Errorf("%q at %s: %d, want %d", host, path, rec.Code, want)
			}
			if want == 204 && rec.Header().Get("Strict-Transport-Security") == "" {
				t.Error("no Strict-Transport-Security by HTTPS")
			}
		}
		for _, path := range []string{"/healthz", "/readyz"} {
			r := httptest.NewRequest(http.MethodGet, path, nil)
			r.Host = host
			rec := httptest.NewRecorder()
			d.ServeHTTP(rec, r)
			if rec.Code != 204 {
				t.Errorf("%q at %s: %d", host, path, rec.Code)
			}
		}
	}
	for _, wrong := range []string{"https://a.example", "a b", "*.example.com", "a/b"} {
		if _, err := allowedHosts("", []string{wrong}); err == nil {
			t.Errorf("%q is taken for a host name", wrong)
		}
	}
	if hosts, err := allowedHosts("", []string{"a.example", "*"}); hosts != nil || err != nil {
		t.Errorf("any: %v, %v", hosts, err)
	}
}

func TestMetricsAreClosed(t *testing.T) {
	open := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	for name, test := range map[string]struct {
		door   door
		remote string
		header [2]string
		want   int
	}{
		"this machine":              {door{}, "127.0.0.1:999", [2]string{}, 204},
		"this machine, IPv6":        {door{}, "[::1]:999", [2]string{}, 204},
		"another machine":           {door{}, "192.0.2.7:999", [2]string{}, 403},
		"through a proxy":           {door{}, "127.0.0.1:999", [2]string{"X-Forwarded-For", "192.0.2.7"}, 403},
		"through another proxy":     {door{}, "127.0.0.1:999", [2]string{"Via", "1.1 proxy"}, 403},
		"the token":                 {door{token: "secret"}, "192.0.2.7:999", [2]string{"Authorization", "Bearer secret"}, 204},
		"a wrong token":             {door{token: "secret"}, "192.0.2.7:999", [2]string{"Authorization", "Bearer wrong"}, 401},
		"this machine, no token":    {door{token: "secret"}, "127.0.0.1:999", [2]string{}, 401},
		"an address of its own":     {door{outside: true}, "127.0.0.1:999", [2]string{}, 404},
		"its own address and token": {door{outside: true, token: "secret"}, "127.0.0.1:999", [2]string{"Authorization", "Bearer secret"}, 404},
	} {
		t.Run(name, func(t *testing.T) {
			test.door.metrics = open
			r := httptest.NewRequest(http.MethodGet, "/metrics", nil)
			r.RemoteAddr = test.remote
			if test.header[0] != "" {
				r.Header.Set(test.header[0], test.header[1])
			}
			rec := httptest.NewRecorder()
			test.door.ServeHTTP(rec, r)
			if rec.Code != test.want {
				t.Errorf("%d, want %d: %s", rec.Code, test.want, rec.Body)
			}
		})
	}
}
