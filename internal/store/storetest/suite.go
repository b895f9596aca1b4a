// Package storetest is the conformance suite of the store: what it promises, on any database.
package storetest

import (
	"testing"

	"github.com/bot9/bot9/internal/store"
)

// Database is one that was empty when the suite got it.
type Database struct {
	// Open opens it, or opens it again once the store before was closed. It says where the
	// database is; everything else of the options is the suite's.
	Open func(store.Options) (*store.Store, error)
	// Bytes returns everything that the database keeps on disk, to look for what must not be there.
	Bytes func() ([]byte, error)
	// Forget does what the others do once they take all processes of now for dead. Only RunNodes needs it.
	Forget func() error
}

// topic is a part of the suite, in a file of its own.
type topic struct {
	name  string
	cases []testCase
}

type testCase struct {
	name string
	run  func(*testing.T, *world)
}

// Run tests the store on databases that create makes, a new one for each case.
func Run(t *testing.T, create func(*testing.T) Database) {
	for _, topic := range []topic{
		ids, eventLog, externalSessions, atomicity, grouping, lanes, claims, laneProperty, dispatching, direct, notes, webhooks, disabling,
		deliveryLists, retries, replays, bulkRetries, stats, chatbotStats, watching, accounts, keys, quotas, deviceLogins, cleaning, purging, retention, growth, idempotency, conversations, inbox, visitors, search, knowledge, encodings, answering, actions, receivers, preconditions, audit, backlogSeries, replayCounts, closing,
	} {
		t.Run(topic.name, func(t *testing.T) {
			for _, c := range topic.cases {
				t.Run(c.name, func(t *testing.T) { c.run(t, newWorld(t, create(t))) })
			}
		})
	}
}
