package storetest

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

var accounts = topic{"Accounts", []testCase{
	{"have an owner whose address nobody else has", func(t *testing.T, w *world) {
		owner, err := w.CreateAccount(w.ctx, "Second", person("ada@example.com"))
		must(t, err)
		want(t, "owner", owner, bot9.Member{
			ID: owner.ID, AccountID: owner.AccountID, PersonID: owner.PersonID, Email: "ada@example.com", Name: "Ada", Role: bot9.Owner,
			Status: bot9.MemberActive, CreatedAt: w.clock.Now(),
		})
		account, err := w.AccountByID(w.ctx, owner.AccountID)
		must(t, err)
		want(t, "account", account, bot9.Account{ID: owner.AccountID, Name: "Second"})
		found, err := w.PersonByEmail(w.ctx, "ada@example.com")
		must(t, err)
		want(t, "person by address", found, bot9.Person{ID: owner.PersonID, Email: "ada@example.com", Name: "Ada", PasswordHash: "hash"})
		found, err = w.PersonByID(w.ctx, owner.PersonID)
		must(t, err)
		want(t, "person by ID", found.Email, "ada@example.com")
		_, err = w.CreateAccount(w.ctx, "Third", person("ada@example.com"))
		refused(t, err, bot9.Conflict, "emailTaken")
		_, err = w.PersonByEmail(w.ctx, "nobody@example.com")
		missing(t, err)
		_, err = w.AccountByID(w.ctx, 12345)
		missing(t, err)
	}},
	{"are several of one person", func(t *testing.T, w *world) {
		first, err := w.CreateAccount(w.ctx, "First", person("ada@example.com"))
		must(t, err)
		second, err := w.CreateAccount(w.ctx, "Second", bot9.Person{ID: first.PersonID, Email: "ada@example.com"})
		must(t, err)
		want(t, "name of the owner", second.Name, "Ada")
		memberships, err := w.Memberships(w.ctx, first.PersonID)
		must(t, err)
		want(t, "accounts", each(memberships, func(m bot9.Membership) string { return m.Account.Name }), []string{"First", "Second"})
		want(t, "membership", memberships[1].Member, second)

		made := w.session(first, "token", "device")
		switched, err := w.SwitchSession(w.ctx, made.ID, made.PersonID, second.AccountID)
		must(t, err)
		want(t, "switched to", switched, second)
		member, _, err := w.MemberBySession(w.ctx, hash("token"), w.clock.Now())
		must(t, err)
		want(t, "acts as", member, second)
		_, err = w.SwitchSession(w.ctx, made.ID, made.PersonID, w.account)
		missing(t, err)
	}},
	{"are made once, though two ask at the same time", func(t *testing.T, w *world) {
		var group sync.WaitGroup
		var made, taken atomic.Int64
		for range 10 {
			group.Go(func() {
				_, err := w.CreateAccount(w.ctx, "Race", person("race@example.com"))
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
	{"know who a session belongs to until it ends", sessionsEnd},
	{"list the sessions of a person and end them", sessionsListed},
	{"take in who accepts an invitation in time, and with its address", invitations},
	{"reserve no address by inviting it", func(t *testing.T, w *world) {
		expires := w.clock.Now().Add(time.Hour)
		_, err := w.InviteMember(w.ctx, bot9.Member{AccountID: w.account, Email: "dev@example.com", Role: bot9.Developer}, hash("invite"), expires)
		must(t, err)
		owner, err := w.CreateAccount(w.ctx, "Own", person("dev@example.com"))
		must(t, err)
		_, err = w.InviteMember(w.ctx, bot9.Member{AccountID: owner.AccountID, Email: "owner@example.com", Role: bot9.Viewer}, hash("other"), expires)
		must(t, err) // who is a member elsewhere can be invited
		_, err = w.AcceptInvite(w.ctx, hash("invite"), w.clock.Now(), bot9.Person{ID: owner.PersonID, Email: "dev@example.com"})
		must(t, err)
		memberships, err := w.Memberships(w.ctx, owner.PersonID)
		must(t, err)
		want(t, "accounts", len(memberships), 2)
		_, err = w.InviteMember(w.ctx, bot9.Member{AccountID: w.account, Email: "dev@example.com"}, hash("again"), expires)
		refused(t, err, bot9.Conflict, "alreadyMember")
	}},
	{"never lose their last owner", lastOwner},
	{"end the sessions of a member who is removed", func(t *testing.T, w *world) {
		dev := w.member("dev@example.com", bot9.Admin)
		w.session(dev, "token", "")
		missing(t, w.RemoveMember(w.ctx, w.account+1, dev.ID))
		must(t, w.RemoveMember(w.ctx, w.account, dev.ID))
		_, _, err := w.MemberBySession(w.ctx, hash("token"), w.clock.Now())
		missing(t, err)
		missing(t, w.RemoveMember(w.ctx, w.account, dev.ID))
		_, err = w.InviteMember(w.ctx, bot9.Member{AccountID: w.account, Email: "dev@example.com"}, hash("again"), w.clock.Now())
		must(t, err)
	}},
	{"count failed logins by address, source and time", func(t *testing.T, w *world) {
		for _, failure := range []struct {
			email, source string
			at            bot9.Time
		}{{"a@example.com", "1", 10}, {"a@example.com", "1", 20}, {"a@example.com", "1", 30}, {"b@example.com", "1", 20}, {"a@example.com", "2", 20}} {
			must(t, w.RecordLoginFailure(w.ctx, failure.email, failure.source, failure.at))
		}
		count := func(email, source string, since bot9.Time) [2]int {
			here, all, err := w.LoginFailures(w.ctx, email, source, since)
			must(t, err)
			return [2]int{here, all}
		}
		want(t, "since 20", count("a@example.com", "1", 20), [2]int{2, 3})
		want(t, "since 0", count("a@example.com", "1", 0), [2]int{3, 4})
		must(t, w.ClearLoginFailures(w.ctx, "a@example.com", "1"))
		want(t, "cleared", count("a@example.com", "1", 0), [2]int{0, 1})
		want(t, "from elsewhere", count("a@example.com", "2", 0), [2]int{1, 1})
	}},
	{"have passwords that change, which ends what was opened by the old one", passwordsChange},
	{"are disabled and enabled by the operator", func(t *testing.T, w *world) {
		owner, err := w.CreateAccount(w.ctx, "Second", person("ada@example.com"))
		must(t, err)
		key := newKey()
		_, _, err = w.CreateChatbot(w.ctx, owner.AccountID, "Bot", key)
		must(t, err)
		w.session(owner, "token", "")
		must(t, w.DisableAccount(w.ctx, owner.AccountID, true))
		_, _, err = w.MemberBySession(w.ctx, hash("token"), w.clock.Now())
		missing(t, err)
		_, err = w.KeyBySecret(w.ctx, key.Hash, w.clock.Now())
		missing(t, err)
		overviews, err := w.Accounts(w.ctx)
		must(t, err)
		want(t, "overview", overviews[1], bot9.AccountOverview{
			Account: bot9.Account{ID: owner.AccountID, Name: "Second"}, Owner: "ada@example.com",
			Members: 1, Chatbots: 1, CreatedAt: w.clock.Now(), DisabledAt: w.clock.Now(),
		})
		must(t, w.DisableAccount(w.ctx, owner.AccountID, false))
		_, err = w.KeyBySecret(w.ctx, key.Hash, w.clock.Now())
		must(t, err)
		missing(t, w.DisableAccount(w.ctx, 12345, true))
	}},
	{"are deleted with everything in them", func(t *testing.T, w *world) {
		owner, err := w.CreateAccount(w.ctx, "Second", person("ada@example.com"))
		must(t, err)
		_, err = w.InviteMember(w.ctx, bot9.Member{AccountID: owner.AccountID, Email: "owner@example.com", Role: bot9.Viewer}, hash("both"), w.clock.Now()+1)
		must(t, err)
		elsewhere, err := w.PersonByEmail(w.ctx, "owner@example.com")
		must(t, err)
		_, err = w.AcceptInvite(w.ctx, hash("both"), w.clock.Now(), elsewhere)
		must(t, err)
		key := newKey()
		_, _, err = w.CreateChatbot(w.ctx, owner.AccountID, "Bot", key)
		must(t, err)
		w.session(owner, "token", "device")
		must(t, w.DeleteAccount(w.ctx, owner.AccountID))
		_, err = w.KeyBySecret(w.ctx, key.Hash, w.clock.Now())
		missing(t, err)
		_, _, err = w.MemberBySession(w.ctx, hash("token"), w.clock.Now())
		missing(t, err)
		_, err = w.PersonByEmail(w.ctx, "ada@example.com")
		missing(t, err)
		_, err = w.PersonByEmail(w.ctx, "owner@example.com") // belongs to another account
		must(t, err)
		missing(t, w.DeleteAccount(w.ctx, owner.AccountID))
		_, err = w.AccountByID(w.ctx, owner.AccountID)
		missing(t, err)
	}},
	{"record in the audit log who came and went", auditPeople},
	{"have second factors, of which no code works twice", secondFactors},
	{"are sealed with one master key, and with another after a change", masterKeys},
}}

// person is somebody new.
func person(email string) bot9.Person {
	return bot9.Person{Email: email, Name: "Ada", PasswordHash: "hash"}
}

// member invites somebody new, who accepts.
func (w *world) member(email string, role bot9.Role) bot9.Member {
	w.t.Helper()
	_, err := w.InviteMember(w.ctx, bot9.Member{AccountID: w.account, Email: email, Role: role}, hash("invite of "+email), w.clock.Now()+1)
	must(w.t, err)
	member, err := w.AcceptInvite(w.ctx, hash("invite of "+email), w.clock.Now(), person(email))
	must(w.t, err)
	return member
}

// session logs a member in for a day, on a device unless its name is "".
func (w *world) session(member bot9.Member, token, device string) bot9.Session {
	w.t.Helper()
	made, err := w.CreateSession(w.ctx, member, bot9.Session{ExpiresAt: w.clock.Now().Add(30 * day), Address: "192.0.2.7", Agent: "Firefox"}, hash(token), hash(device))
	must(w.t, err)
	return made
}

func (w *world) owner() bot9.Member {
	w.t.Helper()
	members, err := w.Members(w.ctx, w.account)
	must(w.t, err)
	return members[0]
}

func sessionsEnd(t *testing.T, w *world) {
	owner := w.owner()
	made := w.session(owner, "token", "device")
	w.session(owner, "other", "")
	found, of, err := w.MemberBySession(w.ctx, hash("token"), w.clock.Now())
	must(t, err)
	want(t, "member", found, owner)
	want(t, "session", of, bot9.Session{ID: made.ID, LastUsedAt: w.clock.Now(), ExpiresAt: made.ExpiresAt, Address: "192.0.2.7", PersonID: owner.PersonID, MemberID: owner.ID})
	gone := func(what, token string, at bot9.Time) {
		t.Helper()
		if _, _, err := w.MemberBySession(w.ctx, hash(token), at); bot9.KindOf(err) != bot9.NotFound {
			t.Errorf("%s: %v", what, err)
		}
	}
	gone("guessed", "guess", w.clock.Now())
	gone("not used for long", "token", w.clock.Now().Add(bot9.SessionIdle))
	for range 5 { // used again and again
		w.clock.Advance(bot9.SessionIdle - time.Second)
		must(t, w.TouchSession(w.ctx, made.ID, made.PersonID, w.clock.Now(), "192.0.2.8"))
	}
	gone("over", "token", w.clock.Now())
	cleanAll(t, w)
	third := w.session(owner, "third", "")
	must(t, w.DeleteSession(w.ctx, hash("third")))
	must(t, w.DeleteSession(w.ctx, hash("third")))
	gone("ended", "third", w.clock.Now())
	log := w.auditLog(bot9.AuditFilter{Object: third.ID.String()})
	want(t, "records", each(log, actionOf), []bot9.AuditAction{bot9.AuditLoggedOut, bot9.AuditLoggedIn})
}

func sessionsListed(t *testing.T, w *world) {
	owner := w.owner()
	first := w.session(owner, "first", "")
	w.clock.Advance(time.Minute)
	second := w.session(owner, "second", "device")
	list := func() []bot9.SessionID {
		sessions, err := w.Sessions(w.ctx, owner.PersonID, w.clock.Now())
		must(t, err)
		return each(sessions, func(s bot9.Session) bot9.SessionID { return s.ID })
	}
	want(t, "sessions", list(), []bot9.SessionID{second.ID, first.ID})
	must(t, w.EndSessions(w.ctx, owner.PersonID, 0, second.ID))
	want(t, "after ending the others", list(), []bot9.SessionID{second.ID})
	missing(t, w.EndSessions(w.ctx, owner.PersonID+1, second.ID, 0))
	must(t, w.EndSessions(w.ctx, owner.PersonID, second.ID, 0))
	want(t, "after ending it", list(), []bot9.SessionID{})
	for i := range 210 {
		w.session(owner, fmt.Sprint("many ", i), fmt.Sprint("device ", i))
	}
	want(t, "at most", len(list()), 200)
	known, err := w.KnownDevice(w.ctx, owner.PersonID, hash("device 209"), w.clock.Now())
	must(t, err)
	want(t, "the newest device", known, true)
	known, err = w.KnownDevice(w.ctx, owner.PersonID+1, hash("device 209"), w.clock.Now())
	must(t, err)
	want(t, "another's device", known, false)
	must(t, w.ForgetDevice(w.ctx, hash("device 209")))
	known, err = w.KnownDevice(w.ctx, owner.PersonID, hash("device 209"), w.clock.Now())
	must(t, err)
	want(t, "a forgotten device", known, false)
}

func invitations(t *testing.T, w *world) {
	expires := w.clock.Now().Add(time.Hour)
	invited, err := w.InviteMember(w.ctx, bot9.Member{AccountID: w.account, Email: "dev@example.com", Role: bot9.Viewer}, hash("first"), expires)
	must(t, err)
	invited, err = w.InviteMember(w.ctx, bot9.Member{AccountID: w.account, Email: "dev@example.com", Role: bot9.Developer}, hash("invite"), expires)
	must(t, err)
	want(t, "status", invited.Status, bot9.MemberInvited)
	accept := func(token, email string, at bot9.Time) (bot9.Member, error) {
		return w.AcceptInvite(w.ctx, hash(token), at, person(email))
	}
	for _, wrong := range []struct {
		token, email string
		at           bot9.Time
	}{{"invite", "other@example.com", w.clock.Now()}, {"guess", "dev@example.com", w.clock.Now()}, {"first", "dev@example.com", w.clock.Now()}, {"invite", "dev@example.com", expires}} {
		_, err := accept(wrong.token, wrong.email, wrong.at)
		missing(t, err)
	}
	accepted, err := accept("invite", "dev@example.com", expires-1)
	must(t, err)
	want(t, "member", accepted, bot9.Member{
		ID: invited.ID, AccountID: w.account, PersonID: accepted.PersonID, Email: "dev@example.com", Name: "Ada", Role: bot9.Developer,
		Status: bot9.MemberActive, CreatedAt: invited.CreatedAt,
	})
	_, err = accept("invite", "dev@example.com", expires-1)
	missing(t, err)
	members, err := w.Members(w.ctx, w.account)
	must(t, err)
	want(t, "members", each(members, func(m bot9.Member) string { return m.Email }), []string{"owner@example.com", "dev@example.com"})
	want(t, "as stored", members[1], accepted)
}

func passwordsChange(t *testing.T, w *world) {
	owner := w.owner()
	kept := w.session(owner, "kept", "device")
	w.session(owner, "other", "")
	must(t, w.SetPassword(w.ctx, owner.PersonID, "new hash", kept.ID, bot9.AuditPasswordChanged))
	changed, err := w.PersonByID(w.ctx, owner.PersonID)
	must(t, err)
	want(t, "hash", changed.PasswordHash, "new hash")
	_, _, err = w.MemberBySession(w.ctx, hash("kept"), w.clock.Now())
	must(t, err)
	_, _, err = w.MemberBySession(w.ctx, hash("other"), w.clock.Now())
	missing(t, err)
	known, err := w.KnownDevice(w.ctx, owner.PersonID, hash("device"), w.clock.Now())
	must(t, err)
	want(t, "device is known", known, false)
	missing(t, w.SetPassword(w.ctx, 12345, "hash", 0, bot9.AuditPasswordChanged))

	expires := w.clock.Now().Add(time.Hour)
	must(t, w.CreatePersonToken(w.ctx, owner.PersonID, bot9.TokenReset, "", hash("old link"), expires))
	must(t, w.CreatePersonToken(w.ctx, owner.PersonID, bot9.TokenReset, "owner@example.com", hash("link"), expires))
	missing(t, w.ResetPassword(w.ctx, hash("old link"), w.clock.Now(), "reset"))
	missing(t, w.ResetPassword(w.ctx, hash("link"), expires, "reset"))
	must(t, w.ResetPassword(w.ctx, hash("link"), w.clock.Now(), "reset"))
	missing(t, w.ResetPassword(w.ctx, hash("link"), w.clock.Now(), "again"))
	changed, err = w.PersonByID(w.ctx, owner.PersonID)
	must(t, err)
	want(t, "after the link", changed, bot9.Person{ID: owner.PersonID, Email: "owner@example.com", Name: changed.Name, PasswordHash: "reset", VerifiedAt: w.clock.Now()})
	_, _, err = w.MemberBySession(w.ctx, hash("kept"), w.clock.Now())
	missing(t, err)

	w.member("dev@example.com", bot9.Viewer)
	refused(t, w.ChangeEmail(w.ctx, owner.PersonID, "dev@example.com"), bot9.Conflict, "emailTaken")
	must(t, w.ChangeEmail(w.ctx, owner.PersonID, "new@example.com"))
	want(t, "address", w.owner().Email, "new@example.com")
	changed, err = w.PersonByID(w.ctx, owner.PersonID)
	must(t, err)
	want(t, "verified", changed.VerifiedAt, 0)
}

func auditPeople(t *testing.T, w *world) {
	w.clock.Advance(time.Second)
	since := w.clock.Now()
	dev := w.member("dev@example.com", bot9.Developer)
	anonymous := bot9.WithPrincipal(w.ctx, bot9.Principal{Kind: bot9.ByNobody, Address: "198.51.100.9"})
	must(t, w.RecordLoginFailure(anonymous, "dev@example.com", "198.51.100.9", w.clock.Now()))
	must(t, w.RecordLoginFailure(anonymous, "nobody@example.com", "198.51.100.9", w.clock.Now()))
	made, err := w.CreateSession(anonymous, dev, bot9.Session{ExpiresAt: w.clock.Now() + 1}, hash("token"), hash(""))
	must(t, err)
	_, err = w.SetMemberRole(w.as("mem_owner"), w.account, dev.ID, bot9.Admin)
	must(t, err)
	must(t, w.RemoveMember(w.as("mem_owner"), w.account, dev.ID))
	type line struct {
		Actor  bot9.Actor
		Action bot9.AuditAction
		Object string
	}
	owner := bot9.Actor{Type: bot9.ByMember, ID: "mem_owner", Name: "Ada", IP: "192.0.2.7"}
	want(t, "records", each(w.auditLog(bot9.AuditFilter{Since: since}), func(r bot9.AuditRecord) line { return line{r.Actor, r.Action, r.Object} }), []line{
		{owner, bot9.AuditMemberRemoved, dev.ID.String()},
		{owner, bot9.AuditMemberChanged, dev.ID.String()},
		{bot9.Actor{Type: bot9.ByMember, ID: dev.ID.String(), Name: "Ada", IP: "198.51.100.9"}, bot9.AuditLoggedIn, made.ID.String()},
		{bot9.Actor{Type: bot9.ByNobody, IP: "198.51.100.9"}, bot9.AuditLoginFailed, dev.ID.String()},
		{bot9.Actor{Type: bot9.BySystem}, bot9.AuditMemberJoined, dev.ID.String()},
		{bot9.Actor{Type: bot9.BySystem}, bot9.AuditMemberInvited, dev.ID.String()},
	})
}

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
	_, err = w.AcceptInvite(w.ctx, hash("invite"), w.clock.Now(), person("second@example.com"))
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
