// Package model holds the file of package meaning, if it was there when the program was built: scripts/setup.sh model puts it
// into dist. Without it, everything works but understanding by meaning, and Open says so.
package model

import (
	"embed"
	"io"
	"io/fs"
)

// The folder is embedded whole, so that the program can be built without the file. Being embedded, the file is mapped read-only
// with the program: what is not read of it takes no memory, and all processes share what is.
//
//go:embed all:dist
var dist embed.FS

// Notice says whose work the model is, and under which licence it is given.
//
//go:embed NOTICE
var Notice string

// Licence is the text of the licence that Notice names.
//
//go:embed LICENSE
var Licence string

const (
	// Name is how the model is named to people.
	Name = "universal-sentence-encoder-multilingual 3"
	file = "dist/meaning.bin"
)

// Open returns the model's file and its size; ok is false if the program was built without it.
func Open() (file io.ReaderAt, size int64, ok bool) { return open(dist) }

func open(files fs.FS) (io.ReaderAt, int64, bool) {
	f, err := files.Open(file)
	if err != nil {
		return nil, 0, false
	}
	about, err := f.Stat()
	at, isAt := f.(io.ReaderAt) // as embedded files are
	if err != nil || !isAt {
		return nil, 0, false
	}
	return at, about.Size(), true
}
