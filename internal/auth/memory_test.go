package auth

import (
	"context"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

type memorySession struct {
	member  bot9.MemberID
	expires bot9.Time
}

// memory is a Store for tests.
type memory struct {
	mu          sync.Mutex
	lastID      int64
	accounts    map[bot9.AccountID]bot9.Account
	members     map[bot9.MemberID]bot9.Member
	invites     map[[32]byte]memorySession
	sessions    map[[32]byte]memorySession
	failures    map[string][]bot9.Time
	keys        map[[32]byte]bot9.Key
	lookups     int // of keys
	validations int
	touched     chan bot9.KeyID // one for each TouchKey, which waits for it to be taken
	onLookup    func()          // runs in KeyBySecret once the key has been read
	devices     memoryDevices
}

func (m *memory) CreateAccount(_ context.Context, name string, owner bot9.Member) (bot9.Member, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.lastID++
	account := bot9.Account{ID: bot9.AccountID(m.lastID), Name: name}
	owner.AccountID = account.ID
	owner, err := m.addMember(owner)
	if err == nil {
		m.accounts[account.ID] = account
	}
	return owner, err
}

func (m *memory) CreateFirstAccount(ctx context.Context, name string, owner bot9.Member) (bot9.Member, error) {
	m.mu.Lock()
	exists := len(m.accounts) > 0
	m.mu.Unlock()
	if exists {
		return owner, bot9.Errorf(bot9.Conflict, "accountExists", "There is one.")
	}
	return m.CreateAccount(ctx, name, owner)
}

func (m *memory) addMember(member bot9.Member) (bot9.Member, error) {
	for _, other := range m.members {
		if other.Email == member.Email {
			return member, bot9.Errorf(bot9.Conflict, "emailTaken", "taken")
		}
	}
	m.lastID++
	member.ID = bot9.MemberID(m.lastID)
	m.members[member.ID] = member
	return member, nil
}

func notFound() error { return bot9.Errorf(bot9.NotFound, "notFound", "no such thing") }

func (m *memory) AccountByID(_ context.Context, id bot9.AccountID) (bot9.Account, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if account, ok := m.accounts[id]; ok {
		return account, nil
	}
	return bot9.Account{}, notFound()
}

func (m *memory) MemberByEmail(_ context.Context, email string) (bot9.Member, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, member := range m.members {
		if member.Email == email {
			return member, nil
		}
	}
	return bot9.Member{}, notFound()
}

func (m *memory) Members(_ context.Context, account bot9.AccountID) ([]bot9.Member, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := slices.Collect(maps.Values(m.members))
	return slices.DeleteFunc(all, func(member bot9.Member) bool { return member.AccountID != account }), nil
}

func (m *memory) InviteMember(_ context.Context, member bot9.Member, hash [32]byte, expires bot9.Time) (bot9.Member, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	member, err := m.addMember(member)
	m.invites[hash] = memorySession{member: member.ID, expires: expires}
	return member, err
}

func (m *memory) AcceptInvite(_ context.Context, hash [32]byte, now bot9.Time, name, passwordHash, email string) (bot9.Member, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	invite, ok := m.invites[hash]
	member := m.members[invite.member]
	if !ok || invite.expires <= now || member.Email != email {
		return bot9.Member{}, notFound()
	}
	delete(m.invites, hash)
	member.Name, member.PasswordHash, member.Status = name, passwordHash, bot9.MemberActive
	m.members[member.ID] = member
	return member, nil
}

func (m *memory) SetMemberRole(_ context.Context, account bot9.AccountID, id bot9.MemberID, role bot9.Role) (bot9.Member, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	member, ok := m.members[id]
	if !ok || member.AccountID != account {
		return bot9.Member{}, notFound()
	}
	member.Role = role
	m.members[id] = member
	return member, nil
}

func (m *memory) RemoveMember(_ context.Context, account bot9.AccountID, id bot9.MemberID) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.members[id].AccountID != account {
		return notFound()
	}
	delete(m.members, id)
	return nil
}

func (m *memory) CreateSession(_ context.Context, member bot9.MemberID, hash [32]byte, expires bot9.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sessions[hash] = memorySession{member: member, expires: expires}
	return nil
}

func (m *memory) MemberBySession(_ context.Context, hash [32]byte, now bot9.Time) (bot9.Member, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	session, ok := m.sessions[hash]
	if member, exists := m.members[session.member]; ok && exists && session.expires > now {
		return member, nil
	}
	return bot9.Member{}, notFound()
}

func (m *memory) DeleteSession(_ context.Context, hash [32]byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.sessions, hash)
	return nil
}

func (m *memory) ValidSecrets(_ context.Context, keys, sessions [][32]byte, now bot9.Time) (map[[32]byte]bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.validations++
	valid := map[[32]byte]bool{}
	for _, hash := range keys {
		_, valid[hash] = m.keys[hash]
	}
	for _, hash := range sessions {
		valid[hash] = m.sessions[hash].expires > now
	}
	return valid, nil
}

func (m *memory) LoginFailures(_ context.Context, email string, since bot9.Time) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := 0
	for _, at := range m.failures[email] {
		if at >= since {
			n++
		}
	}
	return n, nil
}

func (m *memory) RecordLoginFailure(_ context.Context, email string, at bot9.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.failures[email] = append(m.failures[email], at)
	return nil
}

func (m *memory) ClearLoginFailures(_ context.Context, email string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.failures, email)
	return nil
}

func (m *memory) KeyBySecret(ctx context.Context, hash [32]byte, _ bot9.Time) (bot9.Key, error) {
	m.mu.Lock()
	m.lookups++
	key, ok := m.keys[hash]
	onLookup := m.onLookup
	m.mu.Unlock()
	if onLookup != nil {
		onLookup()
	}
	if err := ctx.Err(); err != nil {
		return bot9.Key{}, err
	}
	if !ok {
		return bot9.Key{}, notFound()
	}
	return key, nil
}

func (m *memory) TouchKey(ctx context.Context, id bot9.KeyID, _ bot9.Time) error {
	select {
	case m.touched <- id:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// world is a service on a store in memory, at a time that tests move.
type world struct {
	*Service
	store    *memory
	mu       sync.Mutex
	now      bot9.Time
	hashings int
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

// newWorld hashes passwords cheaply, and counts.
func newWorld(t *testing.T) *world {
	w := &world{now: 1_790_000_000_000, store: &memory{
		accounts: map[bot9.AccountID]bot9.Account{}, members: map[bot9.MemberID]bot9.Member{},
		invites: map[[32]byte]memorySession{}, sessions: map[[32]byte]memorySession{},
		failures: map[string][]bot9.Time{}, keys: map[[32]byte]bot9.Key{}, touched: make(chan bot9.KeyID),
	}}
	w.Service = New(w.store, Options{Clock: func() bot9.Time {
		w.mu.Lock()
		defer w.mu.Unlock()
		return w.now
	}})
	t.Cleanup(w.Close)
	w.passwords.derive = func(password, salt []byte, _, _ uint32, _ uint8, keyLen uint32) []byte {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.hashings++
		sum := hashOf(string(password) + string(salt))
		return sum[:keyLen]
	}
	return w
}

func (w *world) signup(t *testing.T, email string) bot9.Principal {
	t.Helper()
	member, _, _, _, err := w.Signup(t.Context(), email, "correct horse", "Ada")
	if err != nil {
		t.Fatal(err)
	}

	return bot9.MemberPrincipal(&member)
}

// join invites somebody and has them accept.
func (w *world) join(t *testing.T, owner bot9.Principal, email string, role bot9.Role) bot9.Principal {
	t.Helper()
	_, token, err := w.Invite(t.Context(), owner, email, role)
	if err != nil {
		t.Fatal(err)
	}
	member, _, _, _, err := w.SignupInvited(t.Context(), token, email, "correct horse", "Eve")
	if err != nil {
		t.Fatal(err)
	}
	return bot9.MemberPrincipal(&member)
}

func wantCode(t *testing.T, err error, kind bot9.ErrorKind, code string) {
	t.Helper()
	if bot9.CodeOf(err) != code || bot9.KindOf(err) != kind {
		t.Errorf("error %v (kind %d), want %s (kind %d)", err, bot9.KindOf(err), code, kind)
	}
}
