package storetest

import (
	"bytes"
	"testing"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/seal"
)

func secondFactors(t *testing.T, w *world) {
	owner := w.owner()
	secret := func() string {
		t.Helper()
		secret, err := w.FactorSecret(w.ctx, owner.PersonID)
		must(t, err)
		return secret
	}
	want(t, "before", secret(), "")
	refused(t, w.ConfirmFactor(w.ctx, owner.PersonID, 5, nil), bot9.Conflict, "secondFactorOn")
	must(t, w.BeginFactor(w.ctx, owner.PersonID, "CANARYSECRET1"))
	must(t, w.BeginFactor(w.ctx, owner.PersonID, "CANARYSECRET2"))
	want(t, "secret", secret(), "CANARYSECRET2")
	dump, err := w.db.Bytes()
	must(t, err)
	want(t, "stands in the clear", bytes.Contains(dump, []byte("CANARYSECRET")), false)

	must(t, w.RequireFactor(w.ctx, w.account, true))
	w.session(owner, "token", "")
	_, of, err := w.MemberBySession(w.ctx, hash("token"), w.clock.Now())
	must(t, err)
	want(t, "missing before it is confirmed", of.FactorMissing, true)
	must(t, w.ConfirmFactor(w.ctx, owner.PersonID, 5, [][32]byte{hash("one"), hash("two")}))
	_, of, err = w.MemberBySession(w.ctx, hash("token"), w.clock.Now())
	must(t, err)
	want(t, "missing after", of.FactorMissing, false)
	required, err := w.FactorRequired(w.ctx, w.account)
	must(t, err)
	want(t, "required", required, true)
	person, err := w.PersonByID(w.ctx, owner.PersonID)
	must(t, err)
	want(t, "since", person.SecondFactorAt, w.clock.Now())
	refused(t, w.BeginFactor(w.ctx, owner.PersonID, "OTHER"), bot9.Conflict, "secondFactorOn")

	for _, step := range []struct {
		step  int64
		fresh bool
	}{{5, false}, {6, true}, {6, false}, {4, false}, {8, true}} {
		fresh, err := w.UseStep(w.ctx, owner.PersonID, step.step)
		must(t, err)
		want(t, "fresh", fresh, step.fresh)
	}
	for _, code := range []struct {
		text  string
		found bool
	}{{"two", true}, {"two", false}, {"guess", false}, {"one", true}, {"one", false}} {
		found, err := w.UseRecovery(w.ctx, owner.PersonID, hash(code.text))
		must(t, err)
		want(t, "recovery code "+code.text, found, code.found)
	}

	must(t, w.Close()) // it is sealed anew with another master key too
	other := seal.NewMasterKey()
	w.Store, err = w.openWith(other + "," + masterKey)
	must(t, err)
	w.Attach(w.dispatcher)
	cleanSeals(t, w)
	must(t, w.Close())
	w.Store, err = w.openWith(other)
	must(t, err)
	w.Attach(w.dispatcher)
	want(t, "after a change of keys", secret(), "CANARYSECRET2")
	must(t, w.DisableFactor(w.ctx, owner.PersonID))
	want(t, "switched off", secret(), "")
	_, of, err = w.MemberBySession(w.ctx, hash("token"), w.clock.Now())
	must(t, err)
	want(t, "missing again", of.FactorMissing, true)
}

func cleanSeals(t *testing.T, w *world) {
	for more := true; more; {
		var err error
		more, err = w.Reseal(w.ctx)
		must(t, err)
	}
}
