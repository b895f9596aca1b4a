//go:build !unix

package app

// fileLimit is how many files and connections the process may have open; 0 = that is not known.
func fileLimit() int { return 0 }
