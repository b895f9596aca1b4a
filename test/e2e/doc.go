// Package e2e tells what Bot9 does as stories, about the real program: each starts the binary on a
// free port of the loopback with a data folder of its own, and looks at it from outside only, by
// HTTP and signals. Stories that are a sequence of calls stand in testdata as scripts; those about
// load, faults and time are Go tests.
//
// The tests build the binary themselves unless BOT9_BIN names one; only then does the cache of go test know what
// their results rest on, so without it take -count=1 after a change of the server. BOT9_CRASH_ROUNDS sets how often
// the crash test kills the server.
package e2e
