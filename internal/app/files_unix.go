//go:build unix

package app

import (
	"math"

	"golang.org/x/sys/unix"
)

// fileLimit is how many files and connections the process may have open, 0 if that is not limited or not known. Deliveries
// get half of them, so that the rest is there for who calls, and for the database.
func fileLimit() int {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil || limit.Cur >= math.MaxInt32 {
		return 0
	}
	return int(limit.Cur)
}
