package store

import (
	"context"

	"github.com/bot9/bot9/internal/bot9"
)

const (
	// maxDevices is how many devices of a person are known at most: those used last.
	maxDevices = 20
	// maxSessions bounds a person's sessions likewise: more log-ins end the oldest ones.
	maxSessions = 200
)

const personColumns = `p.id, p.email, p.name, p.password_hash, p.verified_at, p.factor_since`

func findPerson(r session, condition string, args ...any) (p bot9.Person, err error) {
	found, err := queryRow(r, `SELECT `+personColumns+` FROM people p WHERE `+condition, args,
		(*int64)(&p.ID), &p.Email, &p.Name, &p.PasswordHash, (*int64)(&p.VerifiedAt), (*int64)(&p.SecondFactorAt))
	if err == nil && !found {
		err = notFound("person")
	}
	return p, err
}

// PersonByEmail returns who has the address, which must be in lower case.
func (s *Store) PersonByEmail(ctx context.Context, email string) (person bot9.Person, err error) {
	err = s.read(ctx, func(r session) error {
		person, err = findPerson(r, `p.email = $1`, email)
		return err
	})
	return person, err
}

// PersonByID returns a person.
func (s *Store) PersonByID(ctx context.Context, id bot9.PersonID) (person bot9.Person, err error) {
	err = s.read(ctx, func(r session) error {
		person, err = findPerson(r, `p.id = $1`, int64(id))
		return err
	})
	return person, err
}

// keepPerson returns the person as stored; a new one, whose ID is zero, is made. It fails with Conflict
// "emailTaken".
func (t *tx) keepPerson(p bot9.Person) (bot9.Person, error) {
	if p.ID != 0 {
		return findPerson(t, `p.id = $1`, int64(p.ID))
	}
	if err := t.emailFree(p.Email); err != nil {
		return p, err
	}
	p.ID = bot9.PersonID(t.nextID())
	_, err := t.exec(`INSERT INTO people (id, email, name, password_hash, verified_at) VALUES ($1, $2, $3, $4, $5)`,
		int64(p.ID), p.Email, p.Name, p.PasswordHash, int64(p.VerifiedAt))
	return p, err
}

func (t *tx) emailFree(email string) error {
	var taken int64
	if _, err := queryRow(t, `SELECT 1 FROM people WHERE email = $1`, []any{email}, &taken); err != nil {
		return err
	}
	if taken == 1 {
		return bot9.Errorf(bot9.Conflict, "emailTaken", "Somebody has this email address already.")
	}
	return nil
}

// SetPassword gives a person another password, ends their sessions but the one to keep, and forgets their
// devices and one-time links. All accounts that they belong to have it in their log.
func (s *Store) SetPassword(ctx context.Context, person bot9.PersonID, passwordHash string, keep bot9.SessionID, action bot9.AuditAction) error {
	return s.write(ctx, func(t *tx) error { return t.setPassword(person, passwordHash, keep, action) })
}

func (t *tx) setPassword(person bot9.PersonID, passwordHash string, keep bot9.SessionID, action bot9.AuditAction) error {
	changed, err := t.exec(`UPDATE people SET password_hash = $1 WHERE id = $2`, passwordHash, int64(person))
	if err == nil && changed == 0 {
		err = notFound("person")
	}
	if err != nil {
		return err
	}
	for _, sql := range []string{`DELETE FROM devices WHERE person_id = $1`, `DELETE FROM person_tokens WHERE person_id = $1`} {
		if _, err := t.exec(sql, int64(person)); err != nil {
			return err
		}
	}
	if _, err := t.exec(`DELETE FROM sessions WHERE person_id = $1 AND id <> $2`, int64(person), int64(keep)); err != nil {
		return err
	}
	return t.auditPerson(person, action, nil)
}

// auditPerson records what a person did, or what was done to them, in the log of every account that they
// belong to.
func (t *tx) auditPerson(person bot9.PersonID, action bot9.AuditAction, changes bot9.AuditChanges) error {
	members, err := t.membersOf(person)
	if err != nil {
		return err
	}
	for _, m := range members {
		if err := t.auditMember(action, m, m.ID.String(), changes); err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) membersOf(person bot9.PersonID) (members []bot9.Member, err error) {
	err = t.query(func(scan scanFunc) error {
		m, err := scanMember(scan)
		members = append(members, m)
		return err
	}, `SELECT `+memberColumns+memberTables+`WHERE m.person_id = $1 ORDER BY m.id`, int64(person))
	return members, err
}

// CreatePersonToken keeps the hash of a one-time link for a person, in place of those for the same
// purpose that were made before. Email is the address that it proves.
func (s *Store) CreatePersonToken(ctx context.Context, person bot9.PersonID, purpose bot9.TokenPurpose, email string, hash [32]byte, expires bot9.Time) error {
	return s.write(ctx, func(t *tx) error {
		if _, err := t.exec(`DELETE FROM person_tokens WHERE person_id = $1 AND purpose = $2`, int64(person), string(purpose)); err != nil {
			return err
		}
		_, err := t.exec(`INSERT INTO person_tokens (token_hash, person_id, purpose, email, expires_at) VALUES ($1, $2, $3, $4, $5)`,
			hash[:], int64(person), string(purpose), email, int64(expires))
		if err != nil || purpose != bot9.TokenReset {
			return err
		}
		return t.auditPerson(person, bot9.AuditPasswordResetAsked, nil)
	})
}

// takeToken ends a one-time link and returns whose it is; NotFound if it is none, or its time is up.
func (t *tx) takeToken(purpose bot9.TokenPurpose, hash [32]byte, now bot9.Time) (person bot9.PersonID, email string, err error) {
	found, err := queryRow(t, `SELECT k.person_id, k.email FROM person_tokens k WHERE k.token_hash = $1 AND k.purpose = $2 AND k.expires_at > $3`+t.store.db.lock("k"),
		[]any{hash[:], string(purpose), int64(now)}, (*int64)(&person), &email)
	if err == nil && !found {
		err = notFound("link")
	}
	if err != nil {
		return 0, "", err
	}
	_, err = t.exec(`DELETE FROM person_tokens WHERE token_hash = $1`, hash[:])
	return person, email, err
}

// ResetPassword gives the person that a one-time link is for another password, and ends their sessions.
// Whoever has the link has proved that the address is theirs.
func (s *Store) ResetPassword(ctx context.Context, hash [32]byte, now bot9.Time, passwordHash string) error {
	return s.write(ctx, func(t *tx) error {
		person, email, err := t.takeToken(bot9.TokenReset, hash, now)
		if err != nil {
			return err
		}
		if email != "" {
			if err := t.verify(person, email); err != nil {
				return err
			}
		}
		return t.setPassword(person, passwordHash, 0, bot9.AuditPasswordReset)
	})
}

func (t *tx) verify(person bot9.PersonID, email string) error {
	_, err := t.exec(`UPDATE people SET verified_at = $1 WHERE id = $2 AND email = $3 AND verified_at = 0`, int64(t.now), int64(person), email)
	return err
}

// ConfirmEmail takes a one-time link that proves an address: at sign-up the person's own, or the one that
// they change to. It fails with NotFound, or Conflict "emailTaken".
func (s *Store) ConfirmEmail(ctx context.Context, hash [32]byte, now bot9.Time) error {
	return s.write(ctx, func(t *tx) error {
		person, email, err := t.takeToken(bot9.TokenVerify, hash, now)
		if err == nil {
			return t.verify(person, email)
		}
		if bot9.KindOf(err) != bot9.NotFound {
			return err
		}
		if person, email, err = t.takeToken(bot9.TokenEmail, hash, now); err != nil {
			return err
		}
		return t.changeEmail(person, email, t.now)
	})
}

// ChangeEmail gives a person another address, without proof that it is theirs.
func (s *Store) ChangeEmail(ctx context.Context, person bot9.PersonID, email string) error {
	return s.write(ctx, func(t *tx) error { return t.changeEmail(person, email, 0) })
}

func (t *tx) changeEmail(id bot9.PersonID, email string, verified bot9.Time) error {
	person, err := findPerson(t, `p.id = $1`, int64(id))
	if err != nil {
		return err
	}
	if err := t.emailFree(email); err != nil {
		return err
	}
	if _, err := t.exec(`UPDATE people SET email = $1, verified_at = $2 WHERE id = $3`, email, int64(verified), int64(id)); err != nil {
		return err
	}
	return t.auditPerson(id, bot9.AuditEmailChanged, bot9.AuditChanges{"email": {From: person.Email, To: email}})
}

// KnownDevice tells whether the person has logged in from the device with this secret.
func (s *Store) KnownDevice(ctx context.Context, person bot9.PersonID, hash [32]byte, now bot9.Time) (known bool, err error) {
	err = s.read(ctx, func(r session) error {
		var one int64
		known, err = queryRow(r, `SELECT 1 FROM devices WHERE token_hash = $1 AND person_id = $2 AND last_used_at > $3`,
			[]any{hash[:], int64(person), int64(now.Add(-bot9.DeviceTime))}, &one)
		return err
	})
	return known, err
}

// ForgetDevice makes a device unknown.
func (s *Store) ForgetDevice(ctx context.Context, hash [32]byte) error {
	return s.write(ctx, func(t *tx) error {
		_, err := t.exec(`DELETE FROM devices WHERE token_hash = $1`, hash[:])
		return err
	})
}

// LoginFailures counts the failed log-ins with an address from a source since a moment, and those from
// the source with whatever address.
func (s *Store) LoginFailures(ctx context.Context, email, source string, since bot9.Time) (here, all int, err error) {
	err = s.read(ctx, func(r session) error {
		if _, err := queryRow(r, `SELECT count(*) FROM login_failures WHERE source = $1 AND email = $2 AND at >= $3`, []any{source, email, int64(since)}, &here); err != nil {
			return err
		}
		_, err := queryRow(r, `SELECT count(*) FROM login_failures WHERE source = $1 AND at >= $2`, []any{source, int64(since)}, &all)
		return err
	})
	return here, all, err
}

// RecordLoginFailure records a failed log-in, also in the audit logs of every account of the person with the
// address.
func (s *Store) RecordLoginFailure(ctx context.Context, email, source string, at bot9.Time) error {
	return s.write(ctx, func(t *tx) error {
		if _, err := t.exec(`INSERT INTO login_failures (email, source, at) VALUES ($1, $2, $3)`, email, source, int64(at)); err != nil {
			return err
		}
		ids, err := t.idsOf(`SELECT id FROM people WHERE email = $1`, email)
		if err != nil {
			return err
		}
		for _, id := range ids {
			members, err := t.membersOf(bot9.PersonID(id))
			if err != nil {
				return err
			}
			for _, m := range members {
				if err := t.audit(bot9.AuditRecord{AccountID: m.AccountID, Action: bot9.AuditLoginFailed, Object: m.ID.String()}); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// ClearLoginFailures forgets the failed log-ins with an address from a source.
func (s *Store) ClearLoginFailures(ctx context.Context, email, source string) error {
	return s.write(ctx, func(t *tx) error {
		_, err := t.exec(`DELETE FROM login_failures WHERE source = $1 AND email = $2`, source, email)
		return err
	})
}
