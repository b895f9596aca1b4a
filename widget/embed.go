// Package widget carries the chat window for websites: the files that `make build` made of this folder, and the handler
// that serves them.
package widget

import (
	"bytes"
	"compress/gzip"
	"embed"
	"io/fs"
	"net/http"
	"path"
	"strings"
)

const (
	loaderFile = "widget.js"
	bodyFiles  = "/widget/" // files whose name has a hash of their content
)

// dist/.gitkeep alone is committed, so that the package compiles before the widget was built.
//
//go:embed all:dist
var embedded embed.FS

// file is a script as it is sent.
type file struct {
	plain, packed []byte
	cache         string
}

// Handler serves /widget.js, which pages name and browsers ask for anew after five minutes, and the rest under /widget/,
// which never changes under its name. What isn't there is answered by notFound; in a program that was compiled without
// the widget, that is all of it.
func Handler(notFound http.Handler) http.Handler {
	dist, err := fs.Sub(embedded, "dist")
	if err != nil {
		return notFound
	}
	return serve(dist, notFound)
}

func serve(dist fs.FS, notFound http.Handler) http.Handler {
	files := map[string]file{}
	names, err := fs.Glob(dist, "*.js")
	if err != nil {
		return notFound
	}
	for _, name := range names {
		plain, err := fs.ReadFile(dist, name)
		if err != nil {
			continue
		}
		at, cache := bodyFiles+name, "public, max-age=31536000, immutable"
		if name == loaderFile {
			at, cache = "/"+name, "public, max-age=300"
		}
		files[at] = file{plain, pack(plain), cache}
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f, ok := files[path.Clean(r.URL.Path)]
		if !ok {
			notFound.ServeHTTP(w, r)
			return
		}
		f.serve(w, r)
	})
}

func pack(plain []byte) []byte {
	var out bytes.Buffer
	writer, _ := gzip.NewWriterLevel(&out, gzip.BestCompression) // the level is one
	_, _ = writer.Write(plain)                                   // memory takes it
	_ = writer.Close()
	return out.Bytes()
}

func (f file) serve(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("X-Content-Type-Options", "nosniff")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		header.Set("Allow", "GET, HEAD")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	header.Set("Content-Type", "text/javascript; charset=utf-8")
	header.Set("Cache-Control", f.cache)
	header.Set("Cross-Origin-Resource-Policy", "cross-origin") // for pages that isolate themselves (COEP)
	header.Set("Access-Control-Allow-Origin", "*")             // for pages that check its integrity
	header.Set("Vary", "Accept-Encoding")
	content := f.plain
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		header.Set("Content-Encoding", "gzip")
		content = f.packed
	}
	if r.Method == http.MethodGet {
		_, _ = w.Write(content) // an error means that the client is gone
	}
}
