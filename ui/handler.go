package ui

import (
	"compress/gzip"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
)

const (
	indexFile = "index.html"
	assets    = "assets/" // files whose name has a hash of their content
)

// policy lets a page run this server's own scripts and talk to this server, nothing else, so that
// a payload that got into the page as markup could neither run nor send anything away. Styles may
// be inline: the component library sets sizes and colours that way.
const policy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; " +
	"img-src 'self' data:; font-src 'self' data:; connect-src 'self'; manifest-src 'self'; " +
	"base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// Handler serves the dashboard. A path that is no file gets the file with the same name and .html where
// there is one: a page of the docs, which can be read without JavaScript. Any other path may be one of the
// dashboard's own pages: a browser, which asks for text/html, gets index.html. A program that asks gets what
// notFound answers, as it does for paths under /api/ and /assets/ that don't exist. Without a built dashboard
// every page says how to build it.
func Handler(notFound http.Handler) http.Handler {
	dist, ok := Dist()
	if !ok {
		return protect(serveUnbuilt(notFound))
	}
	return protect(serve(dist, notFound))
}

func protect(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Content-Security-Policy", policy)
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Referrer-Policy", "same-origin") // an invitation stands in a URL
		header.Set("Cross-Origin-Opener-Policy", "same-origin")
		next.ServeHTTP(w, r)
	})
}

// onlyRead refuses to change anything.
func onlyRead(w http.ResponseWriter, r *http.Request) bool {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return true
	}
	w.Header().Set("Allow", "GET, HEAD")
	http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
	return false
}

// nameOf is the file that a request asks for.
func nameOf(r *http.Request) string { return strings.TrimPrefix(path.Clean("/"+r.URL.Path), "/") }

// isPage tells whether a path that is no file can be one of the dashboard's pages.
func isPage(r *http.Request, name string) bool {
	return name == "" || name == indexFile ||
		name != "api" && !strings.HasPrefix(name, "api/") && strings.Contains(r.Header.Get("Accept"), "text/html")
}

func serveUnbuilt(notFound http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !isPage(r, nameOf(r)) {
			notFound.ServeHTTP(w, r)
		} else if onlyRead(w, r) {
			explainBuild(w, r)
		}
	})
}

func serve(dist fs.FS, notFound http.Handler) http.Handler {
	files := http.FileServerFS(dist)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := nameOf(r)
		page := pageOf(dist, name)
		file := isFile(dist, name) && name != indexFile && !strings.HasPrefix(name, ".")
		asset := strings.HasPrefix(name, assets)
		switch {
		case asset && !file && !isFile(dist, name+".gz"), !asset && !file && page == indexFile && !isPage(r, name):
			notFound.ServeHTTP(w, r)
		case !onlyRead(w, r):
		case asset:
			serveAsset(w, r, dist, name)
		case file:
			w.Header().Set("Cache-Control", "no-cache")
			if kind := kinds[path.Ext(name)]; kind != "" {
				w.Header().Set("Content-Type", kind)
			}
			files.ServeHTTP(w, r)
		default:
			w.Header().Set("Cache-Control", "no-cache")
			http.ServeFileFS(w, withPath(r, "/"), dist, page)
		}
	})
}

func isFile(dist fs.FS, name string) bool {
	info, err := fs.Stat(dist, name)
	return err == nil && !info.IsDir()
}

// kinds are media types that not every machine knows.
var kinds = map[string]string{
	".md": "text/markdown; charset=utf-8", ".txt": "text/plain; charset=utf-8", ".yaml": "application/yaml",
}

// pageOf returns the file that a page of the dashboard begins with.
func pageOf(dist fs.FS, name string) string {
	if isFile(dist, name+".html") {
		return name + ".html"
	}
	return indexFile
}

// serveAsset serves a file that never changes under its name. The build keeps scripts and styles
// compressed only.
func serveAsset(w http.ResponseWriter, r *http.Request, dist fs.FS, name string) {
	const forever = "public, max-age=31536000, immutable"
	header := w.Header()
	if isFile(dist, name) {
		header.Set("Cache-Control", forever)
		http.ServeFileFS(w, r, dist, name)
		return
	}
	packed, err := dist.Open(name + ".gz")
	if err != nil {
		http.NotFound(w, r)
		return
	}
	defer func() { _ = packed.Close() }() // it was only read
	header.Set("Cache-Control", forever)
	header.Set("Content-Type", mime.TypeByExtension(path.Ext(name)))
	header.Add("Vary", "Accept-Encoding")
	var content io.Reader = packed
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		header.Set("Content-Encoding", "gzip")
	} else if content, err = gzip.NewReader(packed); err != nil {
		http.Error(w, "the file can't be unpacked", http.StatusInternalServerError)
		return
	}
	if r.Method != http.MethodHead {
		_, _ = io.Copy(w, content) // an error means that the client is gone
	}
}

// withPath returns r as if it had asked for another path: the file server redirects what ends in
// /index.html, and refuses paths with "..".
func withPath(r *http.Request, to string) *http.Request {
	changed := r.Clone(r.Context())
	changed.URL.Path = to
	return changed
}

func explainBuild(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusServiceUnavailable)
	_, _ = w.Write([]byte(unbuiltPage)) // an error means that the client is gone
}

const unbuiltPage = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>Bot9: dashboard not built</title>
<body style="font: 16px/1.6 system-ui, sans-serif; max-width: 34rem; margin: 12vh auto; padding: 0 1.5rem">
<h1 style="font-size: 1.4rem">The dashboard is not part of this build</h1>
<p>The API works: its description is at <a href="/api/openapi.json">/api/openapi.json</a>.</p>
<p>To build the dashboard into the program, run this in the source folder (it takes Node.js 20 or later), then start
the new <code>bin/bot9</code>:</p>
<pre style="padding: 1rem; border: 1px solid #8886; border-radius: 8px">make build</pre>
</body>
</html>
`
