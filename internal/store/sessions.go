package store

import (
	"context"

	"github.com/bot9/bot9/internal/bot9"
)

// CreateSession keeps a session under the hash of its token, and, if the device's hash is given, that the
// person has logged in from it. Member is the membership that it acts in.
func (s *Store) CreateSession(ctx context.Context, member bot9.Member, made bot9.Session, tokenHash, deviceHash [32]byte) (bot9.Session, error) {
	err := s.write(ctx, func(t *tx) error {
		made.ID = bot9.SessionID(t.nextID())
		made.CreatedAt, made.LastUsedAt = made.ID.Time(), made.ID.Time()
		made.PersonID, made.MemberID = member.PersonID, member.ID
		_, err := t.exec(`INSERT INTO sessions (token_hash, id, person_id, member_id, expires_at, last_used_at, address, agent)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`, tokenHash[:], int64(made.ID), int64(made.PersonID), int64(made.MemberID),
			int64(made.ExpiresAt), int64(t.now), made.Address, made.Agent)
		if err != nil {
			return err
		}
		_, err = t.exec(`DELETE FROM sessions WHERE person_id = $1 AND id NOT IN
			(SELECT id FROM sessions WHERE person_id = $1 ORDER BY id DESC LIMIT $2)`, int64(made.PersonID), maxSessions)
		if err != nil {
			return err
		}
		if err := t.keepDevice(made.PersonID, deviceHash); err != nil {
			return err
		}
		return t.auditMember(bot9.AuditLoggedIn, member, made.ID.String(), bot9.AuditChanges{"agent": {To: made.Agent}})
	})
	return made, err
}

// keepDevice makes a device known, and forgets the ones beyond maxDevices that were not used for longest.
func (t *tx) keepDevice(person bot9.PersonID, hash [32]byte) error {
	if hash == [32]byte{} {
		return nil
	}
	_, err := t.exec(`INSERT INTO devices (token_hash, person_id, last_used_at) VALUES ($1, $2, $3)
		ON CONFLICT (token_hash) DO UPDATE SET person_id = excluded.person_id, last_used_at = excluded.last_used_at`, hash[:], int64(person), int64(t.now))
	if err != nil {
		return err
	}
	_, err = t.exec(`DELETE FROM devices WHERE person_id = $1 AND token_hash <> $2 AND token_hash NOT IN
		(SELECT token_hash FROM devices WHERE person_id = $1 AND token_hash <> $2 ORDER BY last_used_at DESC LIMIT $3)`,
		int64(person), hash[:], maxDevices-1)
	return err
}

// MemberBySession returns who a session belongs to, in the account that it acts in; NotFound if it ended,
// was not used for bot9.SessionIdle, or its account is disabled.
func (s *Store) MemberBySession(ctx context.Context, tokenHash [32]byte, now bot9.Time) (member bot9.Member, of bot9.Session, err error) {
	err = s.read(ctx, func(r session) error {
		var required, since int64
		found, err := queryRow(r, `SELECT `+memberColumns+`, s.id, s.expires_at, s.last_used_at, s.address, a.factor_required, p.factor_since`+memberTables+`JOIN sessions s ON s.member_id = m.id
			JOIN accounts a ON a.id = m.account_id
			WHERE s.token_hash = $1 AND s.expires_at > $2 AND s.last_used_at > $3 AND a.disabled_at = 0 AND a.deleted_at = 0`,
			[]any{tokenHash[:], int64(now), int64(now.Add(-bot9.SessionIdle))},
			append(memberFields(&member), (*int64)(&of.ID), (*int64)(&of.ExpiresAt), (*int64)(&of.LastUsedAt), &of.Address, &required, &since)...)
		of.FactorMissing = required != 0 && since == 0
		if err == nil && !found {
			err = notFound("session")
		}
		return err
	})
	member.CreatedAt = member.ID.Time()
	of.PersonID, of.MemberID = member.PersonID, member.ID
	return member, of, err
}

// TouchSession notes that a session was used.
func (s *Store) TouchSession(ctx context.Context, id bot9.SessionID, person bot9.PersonID, at bot9.Time, address string) error {
	return s.write(ctx, func(t *tx) error {
		_, err := t.exec(`UPDATE sessions SET last_used_at = $1, address = $2 WHERE person_id = $3 AND id = $4`, int64(at), address, int64(person), int64(id))
		return err
	})
}

// SwitchSession has a session act in another of its person's accounts; NotFound if they don't belong to it.
func (s *Store) SwitchSession(ctx context.Context, id bot9.SessionID, person bot9.PersonID, account bot9.AccountID) (member bot9.Member, err error) {
	err = s.write(ctx, func(t *tx) error {
		member, err = findMember(t, `JOIN accounts a ON a.id = m.account_id WHERE m.person_id = $1 AND m.account_id = $2 AND m.status = $3
			AND a.disabled_at = 0 AND a.deleted_at = 0`, int64(person), int64(account), string(bot9.MemberActive))
		if err != nil {
			return err
		}
		if _, err := t.exec(`UPDATE sessions SET member_id = $1 WHERE person_id = $2 AND id = $3`, int64(member.ID), int64(person), int64(id)); err != nil {
			return err
		}
		actor := bot9.MemberPrincipal(&member).Actor()
		actor.IP = bot9.PrincipalFrom(t.ctx).Address
		return t.audit(bot9.AuditRecord{AccountID: account, Actor: actor, Action: bot9.AuditLoggedIn, Object: id.String()})
	})
	return member, err
}

// Sessions lists a person's sessions that have not ended, newest first.
func (s *Store) Sessions(ctx context.Context, person bot9.PersonID, now bot9.Time) ([]bot9.Session, error) {
	sessions := []bot9.Session{}
	err := s.read(ctx, func(r session) error {
		return r.query(func(scan scanFunc) error {
			of := bot9.Session{PersonID: person}
			err := scan((*int64)(&of.ID), (*int64)(&of.MemberID), (*int64)(&of.ExpiresAt), (*int64)(&of.LastUsedAt), &of.Address, &of.Agent)
			of.CreatedAt = of.ID.Time()
			sessions = append(sessions, of)
			return err
		}, `SELECT id, member_id, expires_at, last_used_at, address, agent FROM sessions
			WHERE person_id = $1 AND expires_at > $2 AND last_used_at > $3 ORDER BY id DESC`, int64(person), int64(now), int64(now.Add(-bot9.SessionIdle)))
	})
	return sessions, err
}

// DeleteSession ends a session by its token; one that is no more is no error.
func (s *Store) DeleteSession(ctx context.Context, tokenHash [32]byte) error {
	return s.writeWith(ctx, needs{evenIfFull: true}, func(t *tx) error {
		var member, id int64
		found, err := queryRow(t, `SELECT member_id, id FROM sessions WHERE token_hash = $1`, []any{tokenHash[:]}, &member, &id)
		if err != nil || !found {
			return err
		}
		if _, err := t.exec(`DELETE FROM sessions WHERE token_hash = $1`, tokenHash[:]); err != nil {
			return err
		}
		m, err := findMember(t, `WHERE m.id = $1`, member)
		if err != nil {
			return err
		}
		return t.auditMember(bot9.AuditLoggedOut, m, bot9.SessionID(id).String(), nil)
	})
}

// EndSessions ends one of a person's sessions, or all but the one to keep if id is zero. NotFound if the
// one is none of theirs.
func (s *Store) EndSessions(ctx context.Context, person bot9.PersonID, id, keep bot9.SessionID) error {
	return s.write(ctx, func(t *tx) error {
		var ended int64
		var err error
		if id != 0 {
			ended, err = t.exec(`DELETE FROM sessions WHERE person_id = $1 AND id = $2`, int64(person), int64(id))
		} else {
			ended, err = t.exec(`DELETE FROM sessions WHERE person_id = $1 AND id <> $2`, int64(person), int64(keep))
		}
		if err == nil && id != 0 && ended == 0 {
			err = notFound("session")
		}
		if err != nil || ended == 0 {
			return err
		}
		return t.auditPerson(person, bot9.AuditSessionEnded, bot9.AuditChanges{"sessions": {From: ended}})
	})
}
