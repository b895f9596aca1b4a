package app

import (
	"math"
	"runtime/debug"
)

// shareOfMemory of GOMEMLIMIT is for events on their way to endpoints, and as much for requests that come in: the
// collector needs about as much again for what has just become free.
const (
	shareOfMemory = 8
	minMemory     = 8 << 20
	maxMemory     = 1 << 30
)

// memoryShare is how many bytes of events, and of requests, are held at once; 0 = as many as is usual, where the
// operator has set no GOMEMLIMIT.
func memoryShare() int {
	limit := debug.SetMemoryLimit(-1) // which only tells
	if limit == math.MaxInt64 {
		return 0
	}
	return int(min(max(limit/shareOfMemory, minMemory), maxMemory))
}
