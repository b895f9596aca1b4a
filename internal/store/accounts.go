package store

import (
	"context"

	"github.com/bot9/bot9/internal/bot9"
)

// CreateAccount makes an account with its first member. It fails with Conflict "emailTaken".
func (s *Store) CreateAccount(ctx context.Context, name string, owner bot9.Member) (bot9.Member, error) {
	return s.createAccount(ctx, name, owner, (*tx).emailFree)
}

// CreateFirstAccount makes an account as CreateAccount does if there is none yet. Otherwise it fails
// with Conflict "accountExists".
func (s *Store) CreateFirstAccount(ctx context.Context, name string, owner bot9.Member) (bot9.Member, error) {
	return s.createAccount(ctx, name, owner, (*tx).noAccount)
}

func (s *Store) createAccount(ctx context.Context, name string, owner bot9.Member, may func(_ *tx, email string) error) (bot9.Member, error) {
	err := s.write(ctx, func(t *tx) error {
		if err := may(t, owner.Email); err != nil {
			return err
		}
		owner.AccountID = bot9.AccountID(t.nextID())
		if _, err := t.exec(`INSERT INTO accounts (id, name) VALUES ($1, $2)`, int64(owner.AccountID), name); err != nil {
			return err
		}
		owner.Role, owner.Status = bot9.Owner, bot9.MemberActive
		return t.insertMember(&owner, nil, 0)
	})
	return owner, err
}

func (t *tx) noAccount(string) error {
	if err := t.store.db.lockAccounts(t); err != nil {
		return err
	}
	var exists int64
	if _, err := queryRow(t, `SELECT 1 FROM accounts LIMIT 1`, nil, &exists); err != nil {
		return err
	}
	if exists == 1 {
		return bot9.Errorf(bot9.Conflict, "accountExists", "There is an account already.")
	}
	return nil
}

func (db *sqliteDB) lockAccounts(*tx) error { return nil }

// lockAccounts takes a lock with a key that no replay has.
func (db *postgresDB) lockAccounts(t *tx) error { return t.queue(`SELECT pg_advisory_xact_lock(0)`) }

func (t *tx) emailFree(email string) error {
	var taken int64
	if _, err := queryRow(t, `SELECT 1 FROM members WHERE email = $1`, []any{email}, &taken); err != nil {
		return err
	}
	if taken == 1 {
		return bot9.Errorf(bot9.Conflict, "emailTaken", "Somebody with this email address is a member already.")
	}
	return nil
}

func (t *tx) insertMember(m *bot9.Member, inviteHash []byte, inviteExpires bot9.Time) error {
	m.ID = bot9.MemberID(t.nextID())
	m.CreatedAt = m.ID.Time()
	var hash, expires any
	if inviteHash != nil {
		hash, expires = inviteHash, int64(inviteExpires)
	}
	_, err := t.exec(`INSERT INTO members (id, account_id, email, name, role, status, password_hash, invite_hash, invite_expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		int64(m.ID), int64(m.AccountID), m.Email, m.Name, string(m.Role), string(m.Status), m.PasswordHash, hash, expires)
	return err
}

// AccountByID returns an account.
func (s *Store) AccountByID(ctx context.Context, id bot9.AccountID) (bot9.Account, error) {
	account := bot9.Account{ID: id}
	err := s.read(ctx, func(r session) error {
		found, err := queryRow(r, `SELECT name FROM accounts WHERE id = $1`, []any{int64(id)}, &account.Name)
		if err == nil && !found {
			return notFound("account")
		}
		return err
	})
	return account, err
}

const memberColumns = `m.id, m.account_id, m.email, m.name, m.role, m.status, m.password_hash`

func scanMember(scan scanFunc) (bot9.Member, error) {
	var m bot9.Member
	err := scan((*int64)(&m.ID), (*int64)(&m.AccountID), &m.Email, &m.Name, (*string)(&m.Role), (*string)(&m.Status), &m.PasswordHash)
	m.CreatedAt = m.ID.Time()
	return m, err
}

func findMember(r session, condition string, args ...any) (member bot9.Member, err error) {
	found := false
	err = r.query(func(scan scanFunc) (err error) {
		found = true
		member, err = scanMember(scan)
		return err
	}, `SELECT `+memberColumns+` FROM members m `+condition, args...)
	if err == nil && !found {
		err = notFound("member")
	}
	return member, err
}

// MemberByEmail returns the member with this address, which must be in lower case.
func (s *Store) MemberByEmail(ctx context.Context, email string) (member bot9.Member, err error) {
	err = s.read(ctx, func(r session) error {
		member, err = findMember(r, `WHERE m.email = $1`, email)
		return err
	})
	return member, err
}

// CreateSession keeps the hash of a session's token.
func (s *Store) CreateSession(ctx context.Context, member bot9.MemberID, tokenHash [32]byte, expires bot9.Time) error {
	return s.write(ctx, func(t *tx) error {
		_, err := t.exec(`INSERT INTO sessions (token_hash, member_id, expires_at) VALUES ($1, $2, $3)`,
			tokenHash[:], int64(member), int64(expires))
		return err
	})
}

// MemberBySession returns who the session belongs to; NotFound if it ended.
func (s *Store) MemberBySession(ctx context.Context, tokenHash [32]byte, now bot9.Time) (member bot9.Member, err error) {
	err = s.read(ctx, func(r session) error {
		member, err = findMember(r, `JOIN sessions s ON s.member_id = m.id WHERE s.token_hash = $1 AND s.expires_at > $2`,
			tokenHash[:], int64(now))
		return err
	})
	return member, err
}

// DeleteSession ends a session; one that is no more is no error.
func (s *Store) DeleteSession(ctx context.Context, tokenHash [32]byte) error {
	return s.write(ctx, func(t *tx) error {
		_, err := t.exec(`DELETE FROM sessions WHERE token_hash = $1`, tokenHash[:])
		return err
	})
}

// Members lists an account's members, oldest first.
func (s *Store) Members(ctx context.Context, account bot9.AccountID) ([]bot9.Member, error) {
	members := []bot9.Member{}
	err := s.read(ctx, func(r session) error {
		return r.query(func(scan scanFunc) error {
			member, err := scanMember(scan)
			members = append(members, member)
			return err
		}, `SELECT `+memberColumns+` FROM members m WHERE m.account_id = $1 ORDER BY m.id`, int64(account))
	})
	return members, err
}

// InviteMember adds a member who has yet to accept. It fails with Conflict "emailTaken".
func (s *Store) InviteMember(ctx context.Context, member bot9.Member, inviteHash [32]byte, expires bot9.Time) (bot9.Member, error) {
	err := s.writeWith(ctx, needs{returns: &member}, func(t *tx) error {
		if err := t.emailFree(member.Email); err != nil {
			return err
		}
		member.Status = bot9.MemberInvited
		return t.insertMember(&member, inviteHash[:], expires)
	})
	return member, err
}

// AcceptInvite makes an invited member active; NotFound if the invitation is not for this address,
// or expired.
func (s *Store) AcceptInvite(ctx context.Context, inviteHash [32]byte, now bot9.Time, name, passwordHash, email string) (member bot9.Member, err error) {
	err = s.write(ctx, func(t *tx) error {
		member, err = findMember(t, `WHERE m.invite_hash = $1 AND m.email = $2 AND m.invite_expires_at > $3`, inviteHash[:], email, int64(now))
		if err != nil {
			return err
		}
		member.Name, member.PasswordHash, member.Status = name, passwordHash, bot9.MemberActive
		_, err = t.exec(`UPDATE members SET name = $1, password_hash = $2, status = $3, invite_hash = NULL, invite_expires_at = NULL WHERE id = $4`,
			name, passwordHash, string(bot9.MemberActive), int64(member.ID))
		return err
	})
	return member, err
}

// SetMemberRole changes a member's role. It fails with Conflict "lastOwner" if no owner would be left.
func (s *Store) SetMemberRole(ctx context.Context, account bot9.AccountID, id bot9.MemberID, role bot9.Role) (member bot9.Member, err error) {
	err = s.write(ctx, func(t *tx) error {
		member, err = findMember(t, `WHERE m.id = $1 AND m.account_id = $2`, int64(id), int64(account))
		if err != nil {
			return err
		}
		if role != bot9.Owner {
			if err := t.keepOwner(member); err != nil {
				return err
			}
		}
		member.Role = role
		_, err = t.exec(`UPDATE members SET role = $1 WHERE id = $2`, string(role), int64(id))
		return err
	})
	return member, err
}

// RemoveMember takes a member out of the account and ends their sessions. It fails with Conflict
// "lastOwner" if no owner would be left.
func (s *Store) RemoveMember(ctx context.Context, account bot9.AccountID, id bot9.MemberID) error {
	return s.write(ctx, func(t *tx) error {
		member, err := findMember(t, `WHERE m.id = $1 AND m.account_id = $2`, int64(id), int64(account))
		if err != nil {
			return err
		}
		if err := t.keepOwner(member); err != nil {
			return err
		}
		if _, err := t.exec(`DELETE FROM sessions WHERE member_id = $1`, int64(id)); err != nil {
			return err
		}
		_, err = t.exec(`DELETE FROM members WHERE id = $1`, int64(id))
		return err
	})
}

// keepOwner fails if member is the account's only active owner.
func (t *tx) keepOwner(member bot9.Member) error {
	if member.Role != bot9.Owner || member.Status != bot9.MemberActive {
		return nil
	}
	var locked int64 // so that of two owners who leave at the same time one stays
	if _, err := queryRow(t, `SELECT id FROM accounts a WHERE a.id = $1`+t.store.db.lock("a"), []any{int64(member.AccountID)}, &locked); err != nil {
		return err
	}
	var owners int64
	_, err := queryRow(t, `SELECT count(*) FROM members WHERE account_id = $1 AND role = $2 AND status = $3`,
		[]any{int64(member.AccountID), string(bot9.Owner), string(bot9.MemberActive)}, &owners)
	if err == nil && owners < 2 {
		err = bot9.Errorf(bot9.Conflict, "lastOwner", "An account needs an owner. Make somebody else owner first.")
	}
	return err
}

// LoginFailures counts the failed logins with an address since a moment.
func (s *Store) LoginFailures(ctx context.Context, email string, since bot9.Time) (count int, err error) {
	err = s.read(ctx, func(r session) error {
		_, err := queryRow(r, `SELECT count(*) FROM login_failures WHERE email = $1 AND at >= $2`, []any{email, int64(since)}, &count)
		return err
	})
	return count, err
}

// RecordLoginFailure notes a failed login.
func (s *Store) RecordLoginFailure(ctx context.Context, email string, at bot9.Time) error {
	return s.write(ctx, func(t *tx) error {
		_, err := t.exec(`INSERT INTO login_failures (email, at) VALUES ($1, $2)`, email, int64(at))
		return err
	})
}

// ClearLoginFailures forgets the failed logins with an address.
func (s *Store) ClearLoginFailures(ctx context.Context, email string) error {
	return s.write(ctx, func(t *tx) error {
		_, err := t.exec(`DELETE FROM login_failures WHERE email = $1`, email)
		return err
	})
}
