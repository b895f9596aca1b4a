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

// compress packs JSON for clients that take gzip. Server-sent events stay as they are.
func compress(next http.Handler) (http.Handler, error) {
	wrap, err := gzhttp.NewWrapper(
		gzhttp.ContentTypes([]string{"application/json", "application/problem+json", "application/yaml"}),
		gzhttp.MinSize(compressFrom), gzhttp.CompressionLevel(gzip.BestSpeed), gzhttp.EnableZstd(false),
		gzhttp.RandomJitter(compressJitter, 0, false))
	if err != nil {
		return nil, fmt.Errorf("compression: %w", err)
	}
	return wrap(next), nil
}
