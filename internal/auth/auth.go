// Package auth tells who makes a call and what they may do: passwords, sessions, secret keys,
// members and their roles.
package auth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/maypok86/otter/v2"

	"github.com/bot9/bot9/internal/bot9"
)

// Store keeps accounts, members, sessions and keys. Email addresses come in lower case.
type Store interface {
	CreateAccount(ctx context.Context, accountName string, owner bot9.Person) (bot9.Member, error)
	CreateFirstAccount(ctx context.Context, accountName string, owner bot9.Person) (bot9.Member, error)
	DeleteAccount(ctx context.Context, id bot9.AccountID) error
	AccountByID(ctx context.Context, id bot9.AccountID) (bot9.Account, error)

	PersonByEmail(ctx context.Context, email string) (bot9.Person, error)
	PersonByID(ctx context.Context, id bot9.PersonID) (bot9.Person, error)
	SetPassword(ctx context.Context, person bot9.PersonID, passwordHash string, keep bot9.SessionID, action bot9.AuditAction) error
	ChangeEmail(ctx context.Context, person bot9.PersonID, email string) error
	CreatePersonToken(ctx context.Context, person bot9.PersonID, purpose bot9.TokenPurpose, email string, hash [32]byte, expires bot9.Time) error
	ResetPassword(ctx context.Context, hash [32]byte, now bot9.Time, passwordHash string) error

	Members(ctx context.Context, account bot9.AccountID) ([]bot9.Member, error)
	Memberships(ctx context.Context, person bot9.PersonID) ([]bot9.Membership, error)
	InviteMember(ctx context.Context, member bot9.Member, inviteHash [32]byte, expires bot9.Time) (bot9.Member, error)
	AcceptInvite(ctx context.Context, inviteHash [32]byte, now bot9.Time, person bot9.Person) (bot9.Member, error)
	SetMemberRole(ctx context.Context, account bot9.AccountID, id bot9.MemberID, role bot9.Role) (bot9.Member, error)
	RemoveMember(ctx context.Context, account bot9.AccountID, id bot9.MemberID) error

	ValidSecrets(ctx context.Context, keys, sessions [][32]byte, now bot9.Time) (map[[32]byte]bool, error)

	SessionStore
	FactorStore

	LoginFailures(ctx context.Context, email, source string, since bot9.Time) (here, all int, err error)
	RecordLoginFailure(ctx context.Context, email, source string, at bot9.Time) error
	ClearLoginFailures(ctx context.Context, email, source string) error

	KeyBySecret(ctx context.Context, hash [32]byte, now bot9.Time) (bot9.Key, error)
	TouchKey(ctx context.Context, id bot9.KeyID, at bot9.Time) error

	DeviceStore
}

// SessionStore keeps sessions, and the devices that people have logged in from.
type SessionStore interface {
	CreateSession(ctx context.Context, member bot9.Member, made bot9.Session, tokenHash, deviceHash [32]byte) (bot9.Session, error)
	MemberBySession(ctx context.Context, tokenHash [32]byte, now bot9.Time) (bot9.Member, bot9.Session, error)
	Sessions(ctx context.Context, person bot9.PersonID, now bot9.Time) ([]bot9.Session, error)
	TouchSession(ctx context.Context, id bot9.SessionID, person bot9.PersonID, at bot9.Time, address string) error
	SwitchSession(ctx context.Context, id bot9.SessionID, person bot9.PersonID, account bot9.AccountID) (bot9.Member, error)
	DeleteSession(ctx context.Context, tokenHash [32]byte) error
	EndSessions(ctx context.Context, person bot9.PersonID, id, keep bot9.SessionID) error
	KnownDevice(ctx context.Context, person bot9.PersonID, hash [32]byte, now bot9.Time) (bool, error)
	ForgetDevice(ctx context.Context, hash [32]byte) error
}

// Options are what a Service may be told. The zero Options are fine.
type Options struct {
	Clock func() bot9.Time // nil is the system's
	Log   *slog.Logger     // for background errors; nil discards them

	Signup SignupPolicy // "" is SignupOpen
}

// SignupPolicy says who may make an account of their own. Whoever is invited may always join.
type SignupPolicy string

// The policies.
const (
	SignupOpen   SignupPolicy = "open"   // everybody
	SignupClosed SignupPolicy = "closed" // nobody
	SignupFirst  SignupPolicy = "first"  // whoever comes first
)

// Service answers all questions of who and may. Any number of goroutines may use it.
type Service struct {
	store     Store
	clock     func() bot9.Time
	log       *slog.Logger
	passwords *hasher
	signup    SignupPolicy

	keys       *otter.Cache[[32]byte, foundKey] // by the secret's hash
	loader     otter.Loader[[32]byte, foundKey]
	generation atomic.Uint64 // of what is known of keys

	touched *otter.Cache[bot9.KeyID, struct{}]     // within the last minute
	seen    *otter.Cache[bot9.SessionID, struct{}] // likewise
	touches chan touch
	stop    context.CancelFunc
	stopped chan struct{}

	watching sync.Mutex
	watched  map[[32]byte]*watched // secrets of live streams, by hash
}

// New starts a Service. Close it when it is no longer needed.
func New(store Store, options Options) *Service {
	if options.Clock == nil {
		options.Clock = func() bot9.Time { return bot9.At(time.Now()) }
	}
	if options.Log == nil {
		options.Log = slog.New(slog.DiscardHandler)
	}
	ctx, stop := context.WithCancel(context.Background())
	s := &Service{
		store: store, clock: options.Clock, log: options.Log, passwords: newHasher(), signup: options.Signup,
		keys:    newCache[[32]byte, foundKey](options.Clock, keyCacheTime),
		touched: newCache[bot9.KeyID, struct{}](options.Clock, touchInterval),
		seen:    newCache[bot9.SessionID, struct{}](options.Clock, touchInterval),
		touches: make(chan touch, maxTouches),
		stop:    stop, stopped: make(chan struct{}),
		watched: map[[32]byte]*watched{},
	}
	s.loader = otter.LoaderFunc[[32]byte, foundKey](s.loadKey)
	go func() {
		defer close(s.stopped)
		var background sync.WaitGroup
		background.Go(func() { s.touchKeys(ctx) })
		background.Go(func() { s.watchSecrets(ctx) })
		background.Wait()
	}()
	return s
}

// Close stops the work in the background and waits for its end.
func (s *Service) Close() {
	s.stop()
	<-s.stopped
	s.keys.StopAllGoroutines()
	s.touched.StopAllGoroutines()
	s.seen.StopAllGoroutines()
}

// newToken makes a secret of 32 random bytes for a session or an invitation. The store gets its
// hash only. It needs no slow hash: nobody can try 2^256 tokens.
func newToken() (token string, hash [32]byte) {
	random := make([]byte, 32)
	_, _ = rand.Read(random) // never fails: it ends the program instead
	token = base64.RawURLEncoding.EncodeToString(random)
	return token, sha256.Sum256([]byte(token))
}
