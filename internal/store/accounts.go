package store

import (
	"context"

	"github.com/bot9/bot9/internal/bot9"
)

// CreateAccount makes an account whose owner is the person: one who is there if the ID is given, else a
// new one. It fails with Conflict "emailTaken" if a new person's address is somebody's.
func (s *Store) CreateAccount(ctx context.Context, name string, owner bot9.Person) (bot9.Member, error) {
	return s.createAccount(ctx, name, owner, func(*tx) error { return nil })
}

// CreateFirstAccount makes an account as CreateAccount does if there is none yet. Otherwise it fails
// with Conflict "accountExists".
func (s *Store) CreateFirstAccount(ctx context.Context, name string, owner bot9.Person) (bot9.Member, error) {
	return s.createAccount(ctx, name, owner, (*tx).noAccount)
}

func (s *Store) createAccount(ctx context.Context, name string, owner bot9.Person, may func(*tx) error) (member bot9.Member, err error) {
	err = s.write(ctx, func(t *tx) error {
		if err := may(t); err != nil {
			return err
		}
		person, err := t.keepPerson(owner)
		if err != nil {
			return err
		}
		account := bot9.AccountID(t.nextID())
		if _, err := t.exec(`INSERT INTO accounts (id, name) VALUES ($1, $2)`, int64(account), name); err != nil {
			return err
		}
		member = bot9.Member{AccountID: account, PersonID: person.ID, Email: person.Email, Name: person.Name, Role: bot9.Owner, Status: bot9.MemberActive}
		if err := t.insertMember(&member, nil, 0); err != nil {
			return err
		}
		return t.auditMember(bot9.AuditAccountCreated, member, account.String(), bot9.AuditChanges{"name": {To: name}, "owner": {To: member.Email}})
	})
	return member, err
}

// auditMember records what a member did for themself before there was a session, or the context's actor
// if there is one.
func (t *tx) auditMember(action bot9.AuditAction, m bot9.Member, object string, changes bot9.AuditChanges) error {
	p := bot9.PrincipalFrom(t.ctx)
	actor := p.Actor()
	if p.Kind == bot9.ByNobody {
		actor = bot9.MemberPrincipal(&m).Actor()
		actor.IP = p.Address
	}
	return t.audit(bot9.AuditRecord{AccountID: m.AccountID, Actor: actor, Action: action, Object: object, Changes: changes})
}

func (t *tx) noAccount() error {
	if err := t.store.db.lockAccounts(t); err != nil {
		return err
	}
	var exists int64
	if _, err := queryRow(t, `SELECT 1 FROM accounts WHERE deleted_at = 0 LIMIT 1`, nil, &exists); err != nil {
		return err
	}
	if exists == 1 {
		return bot9.Errorf(bot9.Conflict, "accountExists", "There is an account already.")
	}
	return nil
}

func (db *sqliteDB) lockAccounts(*tx) error { return nil }

// lockAccounts takes a lock with a key that no replay has.
func (db *postgresDB) lockAccounts(t *tx) error {
	return t.session.queue(`SELECT pg_advisory_xact_lock(0)`)
}

func (t *tx) insertMember(m *bot9.Member, inviteHash []byte, inviteExpires bot9.Time) error {
	m.ID = bot9.MemberID(t.nextID())
	m.CreatedAt = m.ID.Time()
	var hash, expires any
	if inviteHash != nil {
		hash, expires = inviteHash, int64(inviteExpires)
	}
	_, err := t.exec(`INSERT INTO members (id, account_id, person_id, email, role, status, invite_hash, invite_expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		int64(m.ID), int64(m.AccountID), int64(m.PersonID), m.Email, string(m.Role), string(m.Status), hash, expires)
	return err
}

// AccountByID returns an account.
func (s *Store) AccountByID(ctx context.Context, id bot9.AccountID) (bot9.Account, error) {
	account := bot9.Account{ID: id}
	err := s.read(ctx, func(r session) error {
		found, err := queryRow(r, `SELECT name FROM accounts WHERE id = $1 AND deleted_at = 0`, []any{int64(id)}, &account.Name)
		if err == nil && !found {
			return notFound("account")
		}
		return err
	})
	return account, err
}

const (
	memberColumns = `m.id, m.account_id, m.person_id, coalesce(p.email, m.email), coalesce(p.name, ''), m.role, m.status`
	memberTables  = ` FROM members m LEFT JOIN people p ON p.id = m.person_id `
)

func memberFields(m *bot9.Member) []any {
	return []any{(*int64)(&m.ID), (*int64)(&m.AccountID), (*int64)(&m.PersonID), &m.Email, &m.Name, (*string)(&m.Role), (*string)(&m.Status)}
}

func scanMember(scan scanFunc) (bot9.Member, error) {
	var m bot9.Member
	err := scan(memberFields(&m)...)
	m.CreatedAt = m.ID.Time()
	return m, err
}

func findMember(r session, condition string, args ...any) (member bot9.Member, err error) {
	found := false
	err = r.query(func(scan scanFunc) (err error) {
		found = true
		member, err = scanMember(scan)
		return err
	}, `SELECT `+memberColumns+memberTables+condition, args...)
	if err == nil && !found {
		err = notFound("member")
	}
	return member, err
}

// Members lists an account's members, oldest first.
func (s *Store) Members(ctx context.Context, account bot9.AccountID) ([]bot9.Member, error) {
	members := []bot9.Member{}
	err := s.read(ctx, func(r session) error {
		return r.query(func(scan scanFunc) error {
			member, err := scanMember(scan)
			members = append(members, member)
			return err
		}, `SELECT `+memberColumns+memberTables+`WHERE m.account_id = $1 ORDER BY m.id`, int64(account))
	})
	return members, err
}

// Memberships lists the accounts that a person belongs to, oldest membership first, without those that
// are disabled.
func (s *Store) Memberships(ctx context.Context, person bot9.PersonID) (memberships []bot9.Membership, err error) {
	err = s.read(ctx, func(r session) error {
		return r.query(func(scan scanFunc) error {
			var m bot9.Membership
			err := scan(append(memberFields(&m.Member), &m.Account.Name)...)
			m.Member.CreatedAt, m.Account.ID = m.Member.ID.Time(), m.Member.AccountID
			memberships = append(memberships, m)
			return err
		}, `SELECT `+memberColumns+`, a.name`+memberTables+`JOIN accounts a ON a.id = m.account_id
			WHERE m.person_id = $1 AND m.status = $2 AND a.disabled_at = 0 AND a.deleted_at = 0 ORDER BY m.id`, int64(person), string(bot9.MemberActive))
	})
	return memberships, err
}

// InviteMember adds a member who has yet to accept. The address stays free for others; somebody who was
// invited before to this account is invited anew. It fails with Conflict "alreadyMember".
func (s *Store) InviteMember(ctx context.Context, member bot9.Member, inviteHash [32]byte, expires bot9.Time) (bot9.Member, error) {
	err := s.writeWith(ctx, needs{account: member.AccountID, returns: &member}, func(t *tx) error {
		if err := t.lockAccount(member.AccountID); err != nil {
			return err
		}
		same, err := findMember(t, `WHERE m.account_id = $1 AND coalesce(p.email, m.email) = $2`, int64(member.AccountID), member.Email)
		switch {
		case err == nil && same.Status == bot9.MemberActive:
			return bot9.Errorf(bot9.Conflict, "alreadyMember", "Somebody with this email address is a member of this account already.")
		case err == nil:
			if _, err := t.exec(`DELETE FROM members WHERE id = $1`, int64(same.ID)); err != nil {
				return err
			}
		case bot9.KindOf(err) != bot9.NotFound:
			return err
		}
		if err := t.within("members", s.quotas.Members, `members WHERE account_id`, int64(member.AccountID)); err != nil {
			return err
		}
		member.Status, member.PersonID = bot9.MemberInvited, 0
		if err := t.insertMember(&member, inviteHash[:], expires); err != nil {
			return err
		}
		return t.auditMember(bot9.AuditMemberInvited, member, member.ID.String(), bot9.AuditChanges{"email": {To: member.Email}, "role": {To: member.Role}})
	})
	return member, err
}

// AcceptInvite makes the person, whose address must be the invited one, a member of the account that
// invites. The person is made if the ID is zero. NotFound if the invitation is not for this address,
// was used, or has expired; Conflict "emailTaken" as CreateAccount.
func (s *Store) AcceptInvite(ctx context.Context, inviteHash [32]byte, now bot9.Time, person bot9.Person) (member bot9.Member, err error) {
	err = s.write(ctx, func(t *tx) error {
		member, err = findMember(t, `WHERE m.invite_hash = $1 AND m.email = $2 AND m.invite_expires_at > $3`, inviteHash[:], person.Email, int64(now))
		if err != nil {
			return err
		}
		person, err := t.keepPerson(person)
		if err != nil {
			return err
		}
		member.PersonID, member.Name, member.Status = person.ID, person.Name, bot9.MemberActive
		_, err = t.exec(`UPDATE members SET person_id = $1, status = $2, invite_hash = NULL, invite_expires_at = NULL WHERE id = $3`,
			int64(person.ID), string(bot9.MemberActive), int64(member.ID))
		if err != nil {
			return err
		}
		return t.auditMember(bot9.AuditMemberJoined, member, member.ID.String(), bot9.AuditChanges{"email": {To: member.Email}})
	})
	return member, err
}

// expectedMember finds a member who is to be changed or removed.
func (t *tx) expectedMember(ctx context.Context, account bot9.AccountID, id bot9.MemberID) (bot9.Member, error) {
	if err := t.hold(ctx, "members", int64(id)); err != nil {
		return bot9.Member{}, err
	}
	member, err := findMember(t, `WHERE m.id = $1 AND m.account_id = $2`, int64(id), int64(account))
	if err == nil {
		err = meets(ctx, member)
	}
	return member, err
}

// SetMemberRole changes a member's role. It fails with Conflict "lastOwner" if no owner would be left.
func (s *Store) SetMemberRole(ctx context.Context, account bot9.AccountID, id bot9.MemberID, role bot9.Role) (member bot9.Member, err error) {
	err = s.writeWith(ctx, needs{account: account}, func(t *tx) error {
		member, err = t.expectedMember(ctx, account, id)
		if err != nil {
			return err
		}
		if role != bot9.Owner {
			if err := t.keepOwner(member); err != nil {
				return err
			}
		}
		before := member.Role
		member.Role = role
		if _, err = t.exec(`UPDATE members SET role = $1 WHERE id = $2`, string(role), int64(id)); err != nil {
			return err
		}
		return t.auditMember(bot9.AuditMemberChanged, member, id.String(), bot9.AuditChanges{"role": {From: before, To: role}})
	})
	return member, err
}

// RemoveMember takes a member out of the account and ends their sessions in it. It fails with Conflict
// "lastOwner" if no owner would be left.
func (s *Store) RemoveMember(ctx context.Context, account bot9.AccountID, id bot9.MemberID) error {
	return s.writeWith(ctx, needs{account: account, evenIfFull: true}, func(t *tx) error {
		member, err := t.expectedMember(ctx, account, id)
		if err != nil {
			return err
		}
		if err := t.keepOwner(member); err != nil {
			return err
		}
		if _, err := t.exec(`DELETE FROM sessions WHERE member_id = $1`, int64(id)); err != nil {
			return err
		}
		if _, err = t.exec(`DELETE FROM members WHERE id = $1`, int64(id)); err != nil {
			return err
		}
		return t.auditMember(bot9.AuditMemberRemoved, member, id.String(), bot9.AuditChanges{"email": {From: member.Email}, "role": {From: member.Role}})
	})
}

// keepOwner fails if member is the account's only active owner.
func (t *tx) keepOwner(member bot9.Member) error {
	if member.Role != bot9.Owner || member.Status != bot9.MemberActive {
		return nil
	}
	if err := t.lockAccount(member.AccountID); err != nil { // so that of two owners who leave at the same time one stays
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

// lockAccount keeps other transactions from changing who belongs to the account.
func (t *tx) lockAccount(id bot9.AccountID) error {
	var locked int64
	_, err := queryRow(t, `SELECT id FROM accounts a WHERE a.id = $1`+t.store.db.lock("a"), []any{int64(id)}, &locked)
	return err
}

// DeleteAccount deletes an account with its chatbots, keys, webhooks and members, and those of its
// people who belong to no other account. The audit log stays until its retention is over.
func (s *Store) DeleteAccount(ctx context.Context, id bot9.AccountID) error {
	return s.write(ctx, func(t *tx) error {
		account := bot9.Account{ID: id}
		found, err := queryRow(t, `SELECT a.name FROM accounts a WHERE a.id = $1 AND a.deleted_at = 0`+t.store.db.lock("a"), []any{int64(id)}, &account.Name)
		if err == nil && !found {
			err = notFound("account")
		}
		if err != nil {
			return err
		}
		err = t.audit(bot9.AuditRecord{AccountID: id, Action: bot9.AuditAccountDeleted, Object: id.String(), Changes: bot9.AuditChanges{"name": {From: account.Name}}})
		if err != nil {
			return err
		}
		chatbots, err := t.idsOf(`SELECT id FROM chatbots WHERE account_id = $1 AND deleted_at IS NULL ORDER BY id`, int64(id))
		if err != nil {
			return err
		}
		for _, chatbot := range chatbots {
			if err := t.deleteChatbot(id, bot9.ChatbotID(chatbot)); err != nil {
				return err
			}
		}
		return t.deletePeopleOf(id)
	})
}

// deletePeopleOf removes an account's members, and the people who belong to no other.
func (t *tx) deletePeopleOf(id bot9.AccountID) error {
	people, err := t.idsOf(`SELECT person_id FROM members WHERE account_id = $1 AND person_id <> 0`, int64(id))
	if err != nil {
		return err
	}
	for _, sql := range []string{
		`DELETE FROM sessions WHERE member_id IN (SELECT id FROM members WHERE account_id = $1)`,
		`DELETE FROM members WHERE account_id = $1`,
	} {
		if _, err := t.exec(sql, int64(id)); err != nil {
			return err
		}
	}
	for _, person := range people {
		if err := t.deletePerson(bot9.PersonID(person)); err != nil {
			return err
		}
	}
	_, err = t.exec(`UPDATE accounts SET deleted_at = $1, name = '' WHERE id = $2`, int64(t.now), int64(id))
	return err
}

// deletePerson removes a person who belongs to no account.
func (t *tx) deletePerson(id bot9.PersonID) error {
	var memberships int64
	if _, err := queryRow(t, `SELECT count(*) FROM members WHERE person_id = $1`, []any{int64(id)}, &memberships); err != nil || memberships > 0 {
		return err
	}
	for _, table := range []string{"sessions", "devices", "person_tokens"} {
		if _, err := t.exec(`DELETE FROM `+table+` WHERE person_id = $1`, int64(id)); err != nil {
			return err
		}
	}
	_, err := t.exec(`DELETE FROM people WHERE id = $1`, int64(id))
	return err
}

// Accounts lists all accounts for the operator, oldest first.
func (s *Store) Accounts(ctx context.Context) ([]bot9.AccountOverview, error) {
	accounts := []bot9.AccountOverview{}
	err := s.read(ctx, func(r session) error {
		return r.query(func(scan scanFunc) error {
			var a bot9.AccountOverview
			err := scan((*int64)(&a.ID), &a.Name, (*int64)(&a.DisabledAt), &a.Owner, &a.Members, &a.Chatbots)
			a.CreatedAt = a.ID.Time()
			accounts = append(accounts, a)
			return err
		}, `SELECT a.id, a.name, a.disabled_at,
			coalesce((SELECT p.email FROM members m JOIN people p ON p.id = m.person_id WHERE m.account_id = a.id AND m.role = 'owner' ORDER BY m.id LIMIT 1), ''),
			(SELECT count(*) FROM members m WHERE m.account_id = a.id), (SELECT count(*) FROM chatbots c WHERE c.account_id = a.id AND c.deleted_at IS NULL)
			FROM accounts a WHERE a.deleted_at = 0 ORDER BY a.id`)
	})
	return accounts, err
}

// DisableAccount shuts an account: its people can't act in it and its keys are refused, until it is
// enabled again.
func (s *Store) DisableAccount(ctx context.Context, id bot9.AccountID, disable bool) error {
	return s.write(ctx, func(t *tx) error {
		at, action := bot9.Time(0), bot9.AuditAccountEnabled
		if disable {
			at, action = t.now, bot9.AuditAccountDisabled
		}
		changed, err := t.exec(`UPDATE accounts SET disabled_at = $1 WHERE id = $2 AND deleted_at = 0`, int64(at), int64(id))
		if err == nil && changed == 0 {
			err = notFound("account")
		}
		if err != nil {
			return err
		}
		return t.audit(bot9.AuditRecord{AccountID: id, Action: action, Object: id.String()})
	})
}
