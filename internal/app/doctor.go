package app

import (
	"context"
	"fmt"
)

// Check is one thing that the doctor looks at.
type Check struct {
	Name string
	Run  func(context.Context) (Finding, error)
}

// Finding is what a check found: how many faults, and some of them in words.
type Finding struct {
	Summary  string
	Faults   int64
	Examples []string
}

// Checks are what the doctor looks at, in this order.
func (o *Operator) Checks() []Check {
	return []Check{{"database", o.checkDatabase}, {"events", o.checkLog}}
}

func (o *Operator) checkDatabase(ctx context.Context) (Finding, error) {
	faults, err := o.store.CheckStorage(ctx)
	f := Finding{Summary: "its schema is up to date, and it can be read and written", Faults: int64(len(faults)), Examples: faults}
	if len(faults) > 0 {
		f.Summary = "the file is damaged"
	}
	return f, err
}

func (o *Operator) checkLog(ctx context.Context) (Finding, error) {
	check, err := o.store.CheckLog(ctx)
	return Finding{
		Summary: fmt.Sprintf("%d events of %d conversations, in order; every delivery that waits has one to wait for", check.Events, check.Conversations),
		Faults:  check.Faults, Examples: check.Examples,
	}, err
}
