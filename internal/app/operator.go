package app

import (
	"context"
	"log/slog"
	"os/user"
	"time"

	"github.com/bot9/bot9/internal/auth"
	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/policy"
	"github.com/bot9/bot9/internal/store"
	"github.com/bot9/bot9/internal/webhook"
)

// Operator is what an operator can do about accounts at the command line. It works on the
// database itself: on an embedded one while no server runs, on PostgreSQL at any time.
type Operator struct {
	store *store.Store
	auth  *auth.Service
}

// Operate opens the database for the operator. Close it soon.
func Operate(ctx context.Context, settings Settings, log *slog.Logger) (*Operator, error) {
	sealer, err := openSealer(settings)
	if err != nil {
		return nil, err
	}
	opened, err := store.Open(ctx, store.Options{URL: settings.DatabaseURL, Sealer: sealer, Filters: &webhook.Filters{}, Log: log})
	if err != nil {
		return nil, err
	}
	opened.Attach(noDispatcher{})
	return &Operator{store: opened, auth: auth.New(opened, auth.Options{Log: log})}, nil
}

// Close closes the database.
func (o *Operator) Close() error {
	o.auth.Close()
	return o.store.Close()
}

// acting makes the operator the one whom the audit log names.
func acting(ctx context.Context) context.Context {
	p := bot9.Principal{Kind: bot9.ByOperator}
	if u, err := user.Current(); err == nil {
		p.Label = u.Username
	}
	return bot9.WithPrincipal(ctx, p)
}

// Accounts lists all accounts, oldest first.
func (o *Operator) Accounts(ctx context.Context) ([]bot9.AccountOverview, error) {
	return o.store.Accounts(ctx)
}

// ResetPassword gives the person with the address a new random password, which it returns, and ends their
// sessions.
func (o *Operator) ResetPassword(ctx context.Context, email string) (password string, err error) {
	return o.auth.SetPassword(acting(ctx), email)
}

// Disable shuts an account, or opens it again. Servers that run notice within seconds.
func (o *Operator) Disable(ctx context.Context, id bot9.AccountID, disable bool) error {
	return o.store.DisableAccount(acting(ctx), id, disable)
}

// Reseal seals everything with the first master key.
func (o *Operator) Reseal(ctx context.Context) error {
	for {
		if more, err := o.store.Reseal(ctx); err != nil || !more {
			return err
		}
	}
}

// AwaitSealing waits until the servers on a database have sealed everything with the first master key. It
// tells of what is left whenever that changes, and fails if nothing changes for a minute.
func AwaitSealing(ctx context.Context, settings Settings, told func(left int)) error {
	sealer, err := openSealer(settings)
	if err != nil {
		return err
	}
	const look, patience = time.Second, time.Minute
	last, changed := -1, time.Now()
	for {
		found, err := store.SealingOf(ctx, settings.DatabaseURL, sealer.Prefix())
		if err != nil {
			return err
		}
		if found.Left == 0 && found.Recorded == sealer.Fingerprints()[0] {
			return nil
		}
		if found.Left != last {
			last, changed = found.Left, time.Now()
			told(found.Left)
		}
		if time.Since(changed) > patience {
			return bot9.Errorf(bot9.Conflict, "nobodySeals", "No server seals with the new key: %d values are left. Restart the servers with --secret-key new,old.", found.Left)
		}
		select {
		case <-time.After(look):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// noDispatcher delivers nothing: the operator's writes make no deliveries but of audit records, which a
// server takes up.
type noDispatcher struct{}

func (noDispatcher) Admit(bot9.WebhookID) bool { return false }

func (noDispatcher) Committed(_ []*bot9.Delivery, ready []bot9.WebhookID) []bot9.WebhookID {
	return ready
}

func (noDispatcher) MembershipChanged(policy.Membership) {}
func (noDispatcher) WebhookChanged(bot9.WebhookID)       {}
func (noDispatcher) Resync()                             {}
