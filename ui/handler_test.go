package ui

import (
	"bytes"
	"compress/gzip"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
)

var built = fstest.MapFS{
	"index.html":               {Data: []byte("<!doctype html><title>Bot9</title>")},
	"docs.html":                {Data: []byte("<!doctype html><title>Docs</title>")},
	"docs/events.html":         {Data: []byte("<!doctype html><title>Events</title>")},
	"docs/events.md":           {Data: []byte("# Events")},
	"docs/asyncapi.yaml":       {Data: []byte("asyncapi: 3.0.0")},
	"llms.txt":                 {Data: []byte("# Bot9")},
	"theme.js":                 {Data: []byte("document")},
	".gitkeep":                 {},
	"assets/geist.woff2":       {Data: []byte("wOF2")},
	"assets/index-1a2b.js.gz":  {Data: packed("export {}")},
	"assets/index-1a2b.css.gz": {Data: packed("a{}")},
}

func packed(text string) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, _ = w.Write([]byte(text)) // a buffer takes everything
	_ = w.Close()
	return out.Bytes()
}

func get(t *testing.T, handler http.Handler, method, target string) *http.Response {
	t.Helper()
	w := httptest.NewRecorder()
	request := httptest.NewRequest(method, target, nil)
	request.Header.Set("Accept", "text/html,application/xhtml+xml,*/*;q=0.8")
	handler.ServeHTTP(w, request)
	return w.Result()
}

var notFound = http.HandlerFunc(http.NotFound)

// A program that asks for what doesn't exist isn't told that it does.
func TestProgramsGetNoPage(t *testing.T) {
	for _, handler := range []http.Handler{protect(serve(built, notFound)), protect(serveUnbuilt(notFound))} {
		for _, path := range []string{"/health", "/status", "/openapi.json", "/widget.js", "/login", "/.gitkeep", "/assets/index-old.js", "/docs/none", "/api"} {
			for _, accept := range []string{"", "*/*", "application/json"} {
				for _, method := range []string{"GET", "HEAD", "POST"} {
					request := httptest.NewRequest(method, path, nil)
					request.Header.Set("Accept", accept)
					w := httptest.NewRecorder()
					handler.ServeHTTP(w, request)
					if w.Code != http.StatusNotFound {
						t.Errorf("%s %s, accepting %q: status %d", method, path, accept, w.Code)
					}
				}
			}
		}
	}
	for _, path := range []string{"/", "/index.html", "/docs", "/docs/events", "/docs/events.md", "/theme.js", "/llms.txt"} {
		w := httptest.NewRecorder()
		protect(serve(built, notFound)).ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		if w.Code != http.StatusOK {
			t.Errorf("%s: status %d", path, w.Code)
		}
	}
}

func TestServe(t *testing.T) {
	const (
		always = "public, max-age=31536000, immutable"
		check  = "no-cache"
	)
	tests := []struct {
		method, path string
		status       int
		kind, cache  string
	}{
		{"GET", "/", 200, "text/html", check},
		{"HEAD", "/", 200, "text/html", check},
		{"GET", "/index.html", 200, "text/html", check},
		{"GET", "/login", 200, "text/html", check},
		{"GET", "/bot_1/settings/webhooks/whk_1?window=7d", 200, "text/html", check},
		{"GET", "/docs", 200, "text/html", check},
		{"GET", "/docs/", 200, "text/html", check},
		{"GET", "/docs/events", 200, "text/html", check},
		{"GET", "/docs/events.md", 200, "text/markdown", check},
		{"GET", "/docs/asyncapi.yaml", 200, "application/yaml", check},
		{"GET", "/llms.txt", 200, "text/plain", check},
		{"GET", "/apiary", 200, "text/html", check},
		{"GET", "/.gitkeep", 200, "text/html", check},
		{"GET", "/theme.js", 200, "text/javascript", check},
		{"GET", "/assets/index-1a2b.js", 200, "text/javascript", always},
		{"GET", "/assets/index-1a2b.css", 200, "text/css", always},
		{"GET", "/assets/geist.woff2", 200, "font/woff2", always},
		{"GET", "/assets/index-old.js", 404, "text/plain", ""},
		{"GET", "/assets/", 200, "text/html", check},
		{"GET", "/assets/none/", 404, "text/plain", ""},
		{"GET", "/assets/../../handler.go", 200, "text/html", check},
		{"GET", "/api/nothing", 404, "text/plain", ""},
		{"GET", "/api", 404, "text/plain", ""},
		{"POST", "/", 405, "text/plain", ""},
	}
	handler := protect(serve(built, notFound))
	for _, test := range tests {
		t.Run(test.method+" "+test.path, func(t *testing.T) {
			answer := get(t, handler, test.method, test.path)
			if answer.StatusCode != test.status {
				t.Errorf("status %d, want %d", answer.StatusCode, test.status)
			}
			if kind := answer.Header.Get("Content-Type"); !strings.HasPrefix(kind, test.kind) {
				t.Errorf("Content-Type %q, want %q", kind, test.kind)
			}
			if cache := answer.Header.Get("Cache-Control"); cache != test.cache {
				t.Errorf("Cache-Control %q, want %q", cache, test.cache)
			}
		})
	}
}

func TestPagesThatReadWithoutJavaScript(t *testing.T) {
	for path, title := range map[string]string{"/docs": "Docs", "/docs/": "Docs", "/docs/events": "Events", "/docs/other": "Bot9", "/": "Bot9"} {
		body, err := io.ReadAll(get(t, protect(serve(built, notFound)), "GET", path).Body)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(body), "<title>"+title+"</title>") {
			t.Errorf("%s: got %s, want the page %q", path, body, title)
		}
	}
}

func TestPackedAssets(t *testing.T) {
	handler := protect(serve(built, notFound))
	for _, accepted := range []string{"gzip, deflate, br", ""} {
		request := httptest.NewRequest(http.MethodGet, "/assets/index-1a2b.js", nil)
		request.Header.Set("Accept-Encoding", accepted)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, request)
		want, encoding := "export {}", ""
		if accepted != "" {
			want, encoding = string(packed("export {}")), "gzip"
		}
		if w.Body.String() != want || w.Header().Get("Content-Encoding") != encoding {
			t.Errorf("accepting %q: got %q, encoded %q", accepted, w.Body, w.Header().Get("Content-Encoding"))
		}
	}
}

func TestPolicyForbidsInlineScripts(t *testing.T) {
	for name, handler := range map[string]http.Handler{"built": protect(serve(built, notFound)), "as compiled": Handler(notFound)} {
		csp := get(t, handler, "GET", "/").Header.Get("Content-Security-Policy")
		for _, directive := range strings.Split(csp, ";") {
			words := strings.Fields(directive)
			if len(words) == 0 || words[0] != "script-src" && words[0] != "connect-src" && words[0] != "default-src" {
				continue
			}
			if allowed := strings.Join(words[1:], " "); allowed != "'self'" && allowed != "'none'" {
				t.Errorf("%s: %s allows %s", name, words[0], allowed)
			}
		}
		if !strings.Contains(csp, "default-src 'none'") || !strings.Contains(csp, "frame-ancestors 'none'") {
			t.Errorf("%s: policy %q", name, csp)
		}
	}
}

func TestUnbuilt(t *testing.T) {
	w := httptest.NewRecorder()
	explainBuild(w, nil)
	if w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), "make build") {
		t.Errorf("got %d %q", w.Code, w.Body)
	}
}

func TestDistTellsWhetherItWasBuilt(t *testing.T) {
	dist, ok := Dist()
	_, err := fs.Stat(dist, indexFile)
	if ok != (err == nil) {
		t.Errorf("Dist says %v, index.html: %v", ok, err)
	}
}
