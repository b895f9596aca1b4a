package api

import (
	"compress/gzip"
	"fmt"
	"net/http"

	"github.com/klauspost/compress/gzhttp"
)

const (
	compressFrom = 1024 // bytes; less goes into one packet anyway
	// compressJitter is how many bytes an answer's length varies by, so that it doesn't tell what is in it
	// (BREACH, https://breachattack.com).
	compressJitter = 32
)

// compress packs the JSON of reads for clients that take gzip. Server-sent events stay as they are, and so do
// the answers to writes: they are short, and an event's way in stays free of the work.
func compress(next http.Handler) (http.Handler, error) {
	wrap, err := gzhttp.NewWrapper(
		gzhttp.ContentTypes([]string{"application/json", "application/problem+json", "application/yaml"}),
		gzhttp.MinSize(compressFrom), gzhttp.CompressionLevel(gzip.BestSpeed), gzhttp.EnableZstd(false),
		gzhttp.RandomJitter(compressJitter, 0, false))
	if err != nil {
		return nil, fmt.Errorf("compression: %w", err)
	}
	packed := wrap(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet || r.Method == http.MethodHead {
			packed.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	}), nil
}
