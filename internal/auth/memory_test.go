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
	bot9.Session
	member  bot9.MemberID
	expires bot9.Time // of an invitation
}

// memory is a Store for tests.
type memory struct {
	mu          sync.Mutex
	lastID      int64
	accounts    map[bot9.AccountID]bot9.Account
	members     map[bot9.MemberID]bot9.Member
	invites     map[[32]byte]memorySession
	sessions    map[[32]byte]memorySession
	people      map[bot9.PersonID]bot9.Person
	known       map[[32]byte]bot9.PersonID
	factors     map[bot9.PersonID]memoryFactor
	required    map[bot9.AccountID]bool
	resets      map[[32]byte]memoryToken
	failures    map[[2]string][]bot9.Time // by address and source
	keys        map[[32]byte]bot9.Key
	validations int
	lookups     int             // of keys
	touched     chan bot9.KeyID // one for each TouchKey, which waits for it to be taken
	onLookup    func()          // runs in KeyBySecret once the key has been read
	devices     memoryDevices
}

type memoryToken struct {
	person  bot9.PersonID
	expires bot9.Time
}

func (m *memory) CreateAccount(_ context.Context, name string, owner bot9.Person) (bot9.Member, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	person, err := m.keepPerson(owner)
	if err != nil {
		return bot9.Member{}, err
	}
	m.lastID++
	account := bot9.Account{ID: bot9.AccountID(m.lastID), Name: name}
	m.accounts[account.ID] = account
	return m.addMember(bot9.Member{AccountID: account.ID, PersonID: person.ID, Email: person.Email, Name: person.Name, Role: bot9.Owner, Status: bot9.MemberActive}), nil
}

func (m *memory) CreateFirstAccount(ctx context.Context, name string, owner bot9.Person) (bot9.Member, error) {
	m.mu.Lock()
	exists := len(m.accounts) > 0
	m.mu.Unlock()
	if exists {
		return bot9.Member{}, bot9.Errorf(bot9.Conflict, "accountExists", "There is one.")
	}
	return m.CreateAccount(ctx, name, owner)
}

func (m *memory) DeleteAccount(_ context.Context, id bot9.AccountID) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.accounts, id)
	return nil
}

func (m *memory) keepPerson(p bot9.Person) (bot9.Person, error) {
	if p.ID != 0 {
		return m.people[p.ID], nil
	}
	for _, other := range m.people {
		if other.Email == p.Email {
			return p, bot9.Errorf(bot9.Conflict, "emailTaken", "taken")
		}
	}
	m.lastID++
	p.ID = bot9.PersonID(m.lastID)
	m.people[p.ID] = p
	return p, nil
}

func (m *memory) addMember(member bot9.Member) bot9.Member {
	m.lastID++
	member.ID = bot9.MemberID(m.lastID)
	m.members[member.ID] = member
	return member
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

func (m *memory) PersonByEmail(_ context.Context, email string) (bot9.Person, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, person := range m.people {
		if person.Email == email {
			return person, nil
		}
	}
	return bot9.Person{}, notFound()
}

func (m *memory) PersonByID(_ context.Context, id bot9.PersonID) (bot9.Person, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if person, ok := m.people[id]; ok {
		return person, nil
	}
	return bot9.Person{}, notFound()
}

func (m *memory) SetPassword(_ context.Context, id bot9.PersonID, hash string, keep bot9.SessionID, _ bot9.AuditAction) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	person := m.people[id]
	person.PasswordHash = hash
	m.people[id] = person
	maps.DeleteFunc(m.sessions, func(_ [32]byte, s memorySession) bool { return s.PersonID == id && s.ID != keep })
	return nil
}

func (m *memory) ChangeEmail(_ context.Context, id bot9.PersonID, email string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	person := m.people[id]
	person.Email = email
	m.people[id] = person
	return nil
}

func (m *memory) CreatePersonToken(_ context.Context, person bot9.PersonID, _ bot9.TokenPurpose, _ string, hash [32]byte, expires bot9.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.resets[hash] = memoryToken{person, expires}
	return nil
}

func (m *memory) ResetPassword(ctx context.Context, hash [32]byte, now bot9.Time, passwordHash string) error {
	m.mu.Lock()
	token, ok := m.resets[hash]
	delete(m.resets, hash)
	m.mu.Unlock()
	if !ok || token.expires <= now {
		return notFound()
	}
	return m.SetPassword(ctx, token.person, passwordHash, 0, "")
}

func (m *memory) Members(_ context.Context, account bot9.AccountID) ([]bot9.Member, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := slices.Collect(maps.Values(m.members))
	return slices.DeleteFunc(all, func(member bot9.Member) bool { return member.AccountID != account }), nil
}

func (m *memory) Memberships(_ context.Context, person bot9.PersonID) (found []bot9.Membership, _ error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, id := range slices.Sorted(maps.Keys(m.members)) {
		if member := m.members[id]; member.PersonID == person {
			found = append(found, bot9.Membership{Member: member, Account: m.accounts[member.AccountID]})
		}
	}
	return found, nil
}

func (m *memory) InviteMember(_ context.Context, member bot9.Member, hash [32]byte, expires bot9.Time) (bot9.Member, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, other := range m.members {
		if other.AccountID == member.AccountID && other.Email == member.Email && other.Status == bot9.MemberActive {
			return member, bot9.Errorf(bot9.Conflict, "alreadyMember", "a member")
		}
	}
	member = m.addMember(member)
	m.invites[hash] = memorySession{member: member.ID, expires: expires}
	return member, nil
}

func (m *memory) AcceptInvite(_ context.Context, hash [32]byte, now bot9.Time, p bot9.Person) (bot9.Member, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	invite, ok := m.invites[hash]
	member := m.members[invite.member]
	if !ok || invite.expires <= now || member.Email != p.Email {
		return bot9.Member{}, notFound()
	}
	p, err := m.keepPerson(p)
	if err != nil {
		return bot9.Member{}, err
	}
	delete(m.invites, hash)
	member.Name, member.PersonID, member.Status = p.Name, p.ID, bot9.MemberActive
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

func (m *memory) CreateSession(_ context.Context, member bot9.Member, made bot9.Session, hash, device [32]byte) (bot9.Session, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.lastID++
	made.ID, made.PersonID, made.MemberID = bot9.SessionID(m.lastID), member.PersonID, member.ID
	m.sessions[hash] = memorySession{Session: made, member: member.ID}
	m.known[device] = member.PersonID
	return made, nil
}

func (m *memory) MemberBySession(_ context.Context, hash [32]byte, now bot9.Time) (bot9.Member, bot9.Session, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	session, ok := m.sessions[hash]
	if member, exists := m.members[session.member]; ok && exists && session.ExpiresAt > now {
		return member, session.Session, nil
	}
	return bot9.Member{}, bot9.Session{}, notFound()
}

func (m *memory) Sessions(_ context.Context, person bot9.PersonID, _ bot9.Time) (sessions []bot9.Session, _ error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, s := range m.sessions {
		if s.PersonID == person {
			sessions = append(sessions, s.Session)
		}
	}
	return sessions, nil
}

func (m *memory) TouchSession(_ context.Context, id bot9.SessionID, _ bot9.PersonID, at bot9.Time, address string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for hash, s := range m.sessions {
		if s.ID == id {
			s.LastUsedAt, s.Address = at, address
			m.sessions[hash] = s
		}
	}
	return nil
}

func (m *memory) SwitchSession(_ context.Context, _ bot9.SessionID, person bot9.PersonID, account bot9.AccountID) (bot9.Member, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, member := range m.members {
		if member.PersonID == person && member.AccountID == account {
			return member, nil
		}
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
		valid[hash] = m.sessions[hash].ExpiresAt > now
	}
	return valid, nil
}

// lookUps returns how often ValidSecrets was called.
func (m *memory) lookUps() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.validations
}

func (m *memory) EndSessions(_ context.Context, person bot9.PersonID, id, keep bot9.SessionID) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	maps.DeleteFunc(m.sessions, func(_ [32]byte, s memorySession) bool {
		return s.PersonID == person && s.ID != keep && (id == 0 || s.ID == id)
	})
	return nil
}

func (m *memory) KnownDevice(_ context.Context, person bot9.PersonID, hash [32]byte, _ bot9.Time) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.known[hash] == person, nil
}

func (m *memory) ForgetDevice(_ context.Context, hash [32]byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.known, hash)
	return nil
}

func (m *memory) LoginFailures(_ context.Context, email, source string, since bot9.Time) (here, all int, _ error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for of, times := range m.failures {
		for _, at := range times {
			if of[1] == source && at >= since {
				all++
				if of[0] == email {
					here++
				}
			}
		}
	}
	return here, all, nil
}

func (m *memory) RecordLoginFailure(_ context.Context, email, source string, at bot9.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	of := [2]string{email, source}
	m.failures[of] = append(m.failures[of], at)
	return nil
}

func (m *memory) ClearLoginFailures(_ context.Context, email, source string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.failures, [2]string{email, source})
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

// What people enter, and where they sit.
const password = "correct horse"

var here = bot9.LoginFrom{Address: "192.0.2.7", Agent: "test"}

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
		people: map[bot9.PersonID]bot9.Person{}, known: map[[32]byte]bot9.PersonID{}, resets: map[[32]byte]memoryToken{}, factors: map[bot9.PersonID]memoryFactor{}, required: map[bot9.AccountID]bool{},
		failures: map[[2]string][]bot9.Time{}, keys: map[[32]byte]bot9.Key{}, touched: make(chan bot9.KeyID),
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
	begun, err := w.Signup(t.Context(), email, password, "Ada", here)
	if err != nil {
		t.Fatal(err)
	}
	p, err := w.BySession(t.Context(), begun.Token, here.Address)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// join invites somebody and has them accept.
func (w *world) join(t *testing.T, owner bot9.Principal, email string, role bot9.Role) bot9.Principal {
	t.Helper()
	_, token, err := w.Invite(t.Context(), owner, email, role)
	if err != nil {
		t.Fatal(err)
	}
	begun, err := w.SignupInvited(t.Context(), token, email, password, "Eve", here)
	if err != nil {
		t.Fatal(err)
	}
	return bot9.MemberPrincipal(&begun.Member)
}

func wantCode(t *testing.T, err error, kind bot9.ErrorKind, code string) {
	t.Helper()
	if bot9.CodeOf(err) != code || bot9.KindOf(err) != kind {
		t.Errorf("error %v (kind %d), want %s (kind %d)", err, bot9.KindOf(err), code, kind)
	}
}
