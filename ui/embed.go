// Package ui carries the dashboard: the files that `make build` made of this folder, and the
// handler that serves them.
package ui

import (
	"embed"
	"io/fs"
)

// dist/.gitkeep alone is committed, so that the package compiles before the dashboard was built.
//
//go:embed all:dist
var embedded embed.FS

// Dist returns the built dashboard; false if this program was compiled without it.
func Dist() (fs.FS, bool) {
	dist, err := fs.Sub(embedded, "dist")
	if err != nil {
		return nil, false
	}
	_, err = fs.Stat(dist, indexFile)
	return dist, err == nil
}
