package widget

import (
	"compress/gzip"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/fstest"
)

var built = fstest.MapFS{
	".gitkeep":        {},
	"widget.js":       {Data: []byte("loader")},
	"body-0123abc.js": {Data: []byte("body")},
}

var elsewhere = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) })

func TestHandler(t *testing.T) {
	handler := serve(built, elsewhere)
	for _, c := range []struct {
		call, encoding string
		status         int
		cache, body    string
	}{
		{"GET /widget.js", "", 200, "public, max-age=300", "loader"},
		{"GET /widget/body-0123abc.js", "gzip, br", 200, "public, max-age=31536000, immutable", "body"},
		{"HEAD /widget.js", "", 200, "public, max-age=300", ""},
		{"POST /widget.js", "", 405, "", "method not allowed\n"},
		{"GET /widget/body-other.js", "", 404, "", ""},
		{"GET /widget/widget.js", "", 404, "", ""},
		{"GET /body-0123abc.js", "", 404, "", ""},
		{"GET /widget/.gitkeep", "", 404, "", ""},
	} {
		var method, path string
		for i := range c.call {
			if c.call[i] == ' ' {
				method, path = c.call[:i], c.call[i+1:]
			}
		}
		r := httptest.NewRequest(method, path, nil)
		r.Header.Set("Accept-Encoding", c.encoding)
		rec := httptest.NewRecorder()
		handler.ServeHTTP(rec, r)
		var body io.Reader = rec.Body
		if rec.Header().Get("Content-Encoding") == "gzip" {
			unpacked, err := gzip.NewReader(rec.Body)
			if err != nil {
				t.Fatal(err)
			}
			body = unpacked
		}
		got, err := io.ReadAll(body)
		if err != nil || rec.Code != c.status || rec.Header().Get("Cache-Control") != c.cache || string(got) != c.body {
			t.Errorf("%s: %d %q %q (%v)", c.call, rec.Code, rec.Header().Get("Cache-Control"), got, err)
		}
	}
}

func TestUnbuilt(t *testing.T) {
	rec := httptest.NewRecorder()
	serve(fstest.MapFS{".gitkeep": {}}, elsewhere).ServeHTTP(rec, httptest.NewRequest("GET", "/widget.js", nil))
	if rec.Code != http.StatusNotFound {
		t.Errorf("%d without a widget", rec.Code)
	}
}

// Everything that a page loads of the widget is at most 30 KiB gzipped.
func TestSize(t *testing.T) {
	const most = 30 << 10
	names, err := fs.Glob(embedded, "dist/*.js")
	if err != nil {
		t.Fatal(err)
	}
	if len(names) == 0 {
		t.Skip("the widget is not built: make build does it")
	}
	size := 0
	for _, name := range names {
		plain, err := fs.ReadFile(embedded, name)
		if err != nil {
			t.Fatal(err)
		}
		size += len(pack(plain))
	}
	if len(names) != 2 || size > most {
		t.Errorf("%v have %d bytes gzipped, and may have %d", names, size, most)
	}
	t.Logf("%d bytes gzipped", size)
}
