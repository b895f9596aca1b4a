package store

import (
	"context"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/bot9/bot9/internal/bot9"
)

func factorContext(id bot9.PersonID) string { return "person:" + id.String() }

// FactorSecret returns the secret of a person's second factor, confirmed or not; "" if there is none.
func (s *Store) FactorSecret(ctx context.Context, person bot9.PersonID) (secret string, err error) {
	var sealed []byte
	err = s.read(ctx, func(r session) error {
		_, err := queryRow(r, `SELECT sealed FROM people WHERE id = $1`, []any{int64(person)}, &sealed)
		return err
	})
	if err != nil || sealed == nil {
		return "", err
	}
	plain, err := s.sealer.Unseal(sealed, factorContext(person))
	return string(plain), err
}

// BeginFactor keeps the secret of a second factor that is yet to be confirmed. It fails with Conflict
// "secondFactorOn" where there is a confirmed one.
func (s *Store) BeginFactor(ctx context.Context, person bot9.PersonID, secret string) error {
	sealed, err := s.sealer.Seal([]byte(secret), factorContext(person))
	if err != nil {
		return err
	}
	return s.write(ctx, func(t *tx) error {
		changed, err := t.exec(`UPDATE people SET sealed = $1, factor_step = 0 WHERE id = $2 AND factor_since = 0`, sealed, int64(person))
		if err == nil && changed == 0 {
			err = bot9.Errorf(bot9.Conflict, "secondFactorOn", "There is a second factor already. Switch it off first.")
		}
		return err
	})
}

// ConfirmFactor switches the second factor on, by a code of a step, with codes for when it is lost.
func (s *Store) ConfirmFactor(ctx context.Context, person bot9.PersonID, step int64, recovery [][32]byte) error {
	hashes := make([]string, len(recovery))
	for i, hash := range recovery {
		hashes[i] = hex.EncodeToString(hash[:])
	}
	return s.write(ctx, func(t *tx) error {
		changed, err := t.exec(`UPDATE people SET factor_since = $1, factor_step = $2, recovery = $3 WHERE id = $4 AND factor_since = 0 AND sealed IS NOT NULL`,
			int64(t.now), step, strings.Join(hashes, " "), int64(person))
		if err == nil && changed == 0 {
			err = bot9.Errorf(bot9.Conflict, "secondFactorOn", "There is nothing to confirm.")
		}
		if err != nil {
			return err
		}
		return t.auditPerson(person, bot9.AuditSecondFactorChanged, bot9.AuditChanges{"secondFactor": {From: false, To: true}})
	})
}

// DisableFactor switches the second factor off.
func (s *Store) DisableFactor(ctx context.Context, person bot9.PersonID) error {
	return s.write(ctx, func(t *tx) error {
		changed, err := t.exec(`UPDATE people SET sealed = NULL, factor_since = 0, factor_step = 0, recovery = '' WHERE id = $1 AND sealed IS NOT NULL`, int64(person))
		if err != nil || changed == 0 {
			return err
		}
		return t.auditPerson(person, bot9.AuditSecondFactorChanged, bot9.AuditChanges{"secondFactor": {From: true, To: false}})
	})
}

// UseStep notes that the code of a step was used, and tells whether it is newer than all used before.
func (s *Store) UseStep(ctx context.Context, person bot9.PersonID, step int64) (fresh bool, err error) {
	err = s.write(ctx, func(t *tx) error {
		changed, err := t.exec(`UPDATE people SET factor_step = $1 WHERE id = $2 AND factor_step < $1`, step, int64(person))
		fresh = changed == 1
		return err
	})
	return fresh, err
}

// UseRecovery takes one of a person's codes for when the second factor is lost, and tells whether there
// was one.
func (s *Store) UseRecovery(ctx context.Context, person bot9.PersonID, hash [32]byte) (found bool, err error) {
	err = s.write(ctx, func(t *tx) error {
		var text string
		if _, err := queryRow(t, `SELECT p.recovery FROM people p WHERE p.id = $1`+t.store.db.lock("p"), []any{int64(person)}, &text); err != nil {
			return err
		}
		left := wordsOf(text)
		i := slices.Index(left, hex.EncodeToString(hash[:]))
		if found = i >= 0; !found {
			return nil
		}
		left = slices.Delete(left, i, i+1)
		if _, err := t.exec(`UPDATE people SET recovery = $1 WHERE id = $2`, strings.Join(left, " "), int64(person)); err != nil {
			return err
		}
		return t.auditPerson(person, bot9.AuditSecondFactorChanged, bot9.AuditChanges{"recoveryCodes": {From: len(left) + 1, To: len(left)}})
	})
	return found, err
}

// FactorRequired tells whether an account takes only people with a second factor.
func (s *Store) FactorRequired(ctx context.Context, account bot9.AccountID) (required bool, err error) {
	err = s.read(ctx, func(r session) error {
		var flag int64
		_, err := queryRow(r, `SELECT factor_required FROM accounts WHERE id = $1`, []any{int64(account)}, &flag)
		required = flag != 0
		return err
	})
	return required, err
}

// RequireFactor sets what FactorRequired tells.
func (s *Store) RequireFactor(ctx context.Context, account bot9.AccountID, required bool) error {
	return s.write(ctx, func(t *tx) error {
		var before int64
		if _, err := queryRow(t, `SELECT a.factor_required FROM accounts a WHERE a.id = $1`+t.store.db.lock("a"), []any{int64(account)}, &before); err != nil {
			return err
		}
		if err := meets(ctx, bot9.Security{RequireSecondFactor: before != 0}); err != nil {
			return err
		}
		flag := 0
		if required {
			flag = 1
		}
		changed, err := t.exec(`UPDATE accounts SET factor_required = $1 WHERE id = $2 AND factor_required <> $1`, flag, int64(account))
		if err != nil || changed == 0 {
			return err
		}
		return t.audit(bot9.AuditRecord{
			AccountID: account, Action: bot9.AuditSecurityChanged, Object: account.String(),
			Changes: bot9.AuditChanges{"requireSecondFactor": {From: !required, To: required}},
		})
	})
}
