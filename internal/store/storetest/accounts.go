package storetest

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

var accounts = topic{"Accounts", []testCase{
	{"have an owner whose address nobody else has", func(t *testing.T, w *world) {
		owner, err := w.CreateAccount(w.ctx, "Second", bot9.Member{Email: "ada@example.com", Name: "Ada", PasswordHash: "hash"})
		must(t, err)
		want(t, "owner", owner, bot9.Member{
			ID: owner.ID, AccountID: owner.AccountID, Email: "ada@example.com", Name: "Ada", Role: bot9.Owner, Status: bot9.MemberActive,
			PasswordHash: "hash", CreatedAt: w.clock.Now(),
		})
		account, err := w.AccountByID(w.ctx, owner.AccountID)
		must(t, err)
		want(t, "account", account, bot9.Account{ID: owner.AccountID, Name: "Second"})
		found, err := w.MemberByEmail(w.ctx, "ada@example.com")
		must(t, err)
		want(t, "member by address", found, owner)
		_, err = w.CreateAccount(w.ctx, "Third", bot9.Member{Email: "ada@example.com"})
		refused(t, err, bot9.Conflict, "emailTaken")
		_, err = w.InviteMember(w.ctx, bot9.Member{AccountID: w.account, Email: "ada@example.com"}, hash("invite"), w.clock.Now())
		refused(t, err, bot9.Conflict, "emailTaken")
		_, err = w.MemberByEmail(w.ctx, "nobody@example.com")
		missing(t, err)
		_, err = w.AccountByID(w.ctx, 12345)
		missing(t, err)
	}},
	{"are made once, though two ask at the same time", func(t *testing.T, w *world) {
		var group sync.WaitGroup
		var made, taken atomic.Int64
		for range 10 {
			group.Go(func() {
				_, err := w.CreateAccount(w.ctx, "Race", bot9.Member{Email: "race@example.com"})
				switch {
				case err == nil:
					made.Add(1)
				case bot9.CodeOf(err) == "emailTaken":
					taken.Add(1)
				}
			})
		}
		group.Wait()
		want(t, "made and refused", [2]int64{made.Load(), taken.Load()}, [2]int64{1, 9})
	}},
	{"know who a session belongs to until it ends", func(t *testing.T, w *world) {
		members, err := w.Members(w.ctx, w.account)
		must(t, err)
		owner := members[0]
		expires := w.clock.Now().Add(time.Hour)
		must(t, w.CreateSession(w.ctx, owner.ID, hash("token"), expires))
		must(t, w.CreateSession(w.ctx, owner.ID, hash("other"), expires))
		found, err := w.MemberBySession(w.ctx, hash("token"), w.clock.Now())
		must(t, err)
		want(t, "member", found, owner)
		_, err = w.MemberBySession(w.ctx, hash("token"), expires)
		missing(t, err)
		_, err = w.MemberBySession(w.ctx, hash("guess"), w.clock.Now())
		missing(t, err)
		must(t, w.DeleteSession(w.ctx, hash("token")))
		must(t, w.DeleteSession(w.ctx, hash("token")))
		_, err = w.MemberBySession(w.ctx, hash("token"), w.clock.Now())
		missing(t, err)
		_, err = w.MemberBySession(w.ctx, hash("other"), w.clock.Now())
		must(t, err)
	}},
	{"take in who accepts an invitation in time, and with its address", func(t *testing.T, w *world) {
		expires := w.clock.Now().Add(time.Hour)
		invited, err := w.InviteMember(w.ctx, bot9.Member{AccountID: w.account, Email: "dev@example.com", Role: bot9.Developer}, hash("invite"), expires)
		must(t, err)
		want(t, "status", invited.Status, bot9.MemberInvited)
		accept := func(token, email string, at bot9.Time) (bot9.Member, error) {
			return w.AcceptInvite(w.ctx, hash(token), at, "Dev", "hash", email)
		}
		_, err = accept("invite", "other@example.com", w.clock.Now())
		missing(t, err)
		_, err = accept("guess", "dev@example.com", w.clock.Now())
		missing(t, err)
		_, err = accept("invite", "dev@example.com", expires)
		missing(t, err)
		accepted, err := accept("invite", "dev@example.com", expires-1)
		must(t, err)
		want(t, "member", accepted, bot9.Member{
			ID: invited.ID, AccountID: w.account, Email: "dev@example.com", Name: "Dev", Role: bot9.Developer, Status: bot9.MemberActive,
			PasswordHash: "hash", CreatedAt: invited.CreatedAt,
		})
		_, err = accept("invite", "dev@example.com", expires-1)
		missing(t, err)
		members, err := w.Members(w.ctx, w.account)
		must(t, err)
		want(t, "members", each(members, func(m bot9.Member) string { return m.Email }), []string{"owner@example.com", "dev@example.com"})
		want(t, "as stored", members[1], accepted)
	}},
	{"never lose their last owner", lastOwner},
	{"end the sessions of a member who is removed", func(t *testing.T, w *world) {
		invited, err := w.InviteMember(w.ctx, bot9.Member{AccountID: w.account, Email: "dev@example.com", Role: bot9.Admin}, hash("invite"), w.clock.Now()+1)
		must(t, err)
		must(t, w.CreateSession(w.ctx, invited.ID, hash("token"), w.clock.Now().Add(time.Hour)))
		missing(t, w.RemoveMember(w.ctx, w.account+1, invited.ID))
		must(t, w.RemoveMember(w.ctx, w.account, invited.ID))
		_, err = w.MemberBySession(w.ctx, hash("token"), w.clock.Now())
		missing(t, err)
		_, err = w.AcceptInvite(w.ctx, hash("invite"), w.clock.Now(), "Dev", "hash", "dev@example.com")
		missing(t, err)
		missing(t, w.RemoveMember(w.ctx, w.account, invited.ID))
		_, err = w.InviteMember(w.ctx, bot9.Member{AccountID: w.account, Email: "dev@example.com"}, hash("again"), w.clock.Now())
		must(t, err)
	}},
	{"count failed logins by address and time", func(t *testing.T, w *world) {
		for _, failure := range []struct {
			email string
			at    bot9.Time
		}{{"a@example.com", 10}, {"a@example.com", 20}, {"a@example.com", 30}, {"b@example.com", 20}} {
			must(t, w.RecordLoginFailure(w.ctx, failure.email, failure.at))
		}
		count := func(email string, since bot9.Time) int {
			n, err := w.LoginFailures(w.ctx, email, since)
			must(t, err)
			return n
		}
		want(t, "since 20", count("a@example.com", 20), 2)
		want(t, "since 0", count("a@example.com", 0), 3)
		must(t, w.ClearLoginFailures(w.ctx, "a@example.com"))
		want(t, "cleared", count("a@example.com", 0), 0)
		want(t, "of another", count("b@example.com", 0), 1)
	}},
}}

func hash(secret string) (h [32]byte) {
	copy(h[:], secret)
	return h
}

func lastOwner(t *testing.T, w *world) {
	members, err := w.Members(w.ctx, w.account)
	must(t, err)
	owner := members[0].ID
	_, err = w.SetMemberRole(w.ctx, w.account, owner, bot9.Admin)
	refused(t, err, bot9.Conflict, "lastOwner")
	refused(t, w.RemoveMember(w.ctx, w.account, owner), bot9.Conflict, "lastOwner")
	_, err = w.SetMemberRole(w.ctx, w.account, owner, bot9.Owner)
	must(t, err)

	second, err := w.InviteMember(w.ctx, bot9.Member{AccountID: w.account, Email: "second@example.com", Role: bot9.Owner}, hash("invite"), w.clock.Now()+1)
	must(t, err)
	_, err = w.SetMemberRole(w.ctx, w.account, owner, bot9.Admin) // who was only invited can't help
	refused(t, err, bot9.Conflict, "lastOwner")
	third, err := w.InviteMember(w.ctx, bot9.Member{AccountID: w.account, Email: "third@example.com", Role: bot9.Owner}, hash("third"), w.clock.Now()+1)
	must(t, err)
	must(t, w.RemoveMember(w.ctx, w.account, third.ID)) // and isn't needed either
	_, err = w.AcceptInvite(w.ctx, hash("invite"), w.clock.Now(), "Second", "hash", "second@example.com")
	must(t, err)
	_, err = w.SetMemberRole(w.ctx, w.account+1, owner, bot9.Admin)
	missing(t, err)

	var group sync.WaitGroup // both owners step down at once
	var done, last atomic.Int64
	for _, id := range []bot9.MemberID{owner, second.ID} {
		group.Go(func() {
			_, err := w.SetMemberRole(w.ctx, w.account, id, bot9.Viewer)
			switch {
			case err == nil:
				done.Add(1)
			case bot9.CodeOf(err) == "lastOwner":
				last.Add(1)
			}
		})
	}
	group.Wait()
	want(t, "owners who could and could not", [2]int64{done.Load(), last.Load()}, [2]int64{1, 1})
}
