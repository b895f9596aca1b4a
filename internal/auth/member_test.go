package auth

import (
	"testing"

	"github.com/bot9/bot9/internal/bot9"
)

func TestAllow(t *testing.T) {
	as := func(role bot9.Role) bot9.Principal {
		return bot9.Principal{Kind: bot9.ByMember, Member: &bot9.Member{Role: role}}
	}
	tests := map[string]struct {
		who  bot9.Principal
		want []bool // for owner, admin, developer, viewer
	}{
		"owner":     {as(bot9.Owner), []bool{true, true, true, true}},
		"admin":     {as(bot9.Admin), []bool{false, true, true, true}},
		"developer": {as(bot9.Developer), []bool{false, false, true, true}},
		"viewer":    {as(bot9.Viewer), []bool{false, false, false, true}},
		"key":       {bot9.Principal{Kind: bot9.ByKey, KeyID: 7, ChatbotID: 70}, []bool{false, false, true, true}},
		"nobody":    {bot9.Principal{}, []bool{false, false, false, false}},
		"no role":   {as("root"), []bool{false, false, false, false}},
	}
	for name, test := range tests {
		for i, need := range bot9.Roles {
			err := Allow(test.who, need)
			if got := err == nil; got != test.want[i] {
				t.Errorf("%s as %s: %v", name, need, err)
			}
			if err != nil {
				wantCode(t, err, bot9.Forbidden, "roleTooLow")
			}
		}
	}
}

// Who may make whom what.
func TestMemberRules(t *testing.T) {
	may := map[bot9.Role]map[bot9.Role]bool{ // actor, then the role that the other has or gets
		bot9.Owner:     {bot9.Owner: true, bot9.Admin: true, bot9.Developer: true, bot9.Viewer: true},
		bot9.Admin:     {bot9.Admin: true, bot9.Developer: true, bot9.Viewer: true},
		bot9.Developer: {},
		bot9.Viewer:    {},
	}
	check := func(t *testing.T, what string, err error, allowed bool) {
		t.Helper()
		if allowed && err != nil {
			t.Errorf("%s: %v", what, err)
		}
		if !allowed {
			wantCode(t, err, bot9.Forbidden, "roleTooLow")
		}
	}
	for _, actor := range bot9.Roles {
		for _, from := range bot9.Roles {
			for _, to := range bot9.Roles {
				t.Run(string(actor+" makes "+from+" "+to), func(t *testing.T) {
					w := newWorld(t)
					owner := w.signup(t, "ada@example.com")
					p := w.join(t, owner, "eve@example.com", actor)
					other := w.join(t, owner, "bob@example.com", from)
					_, err := w.SetRole(t.Context(), p, other.Member.ID, to)
					check(t, "change", err, may[actor][from] && may[actor][to])
					if got := w.store.members[other.Member.ID].Role; err != nil && got != from {
						t.Errorf("refused, but now %s", got)
					}
				})
			}
			t.Run(string(actor+" and "+from), func(t *testing.T) {
				w := newWorld(t)
				owner := w.signup(t, "ada@example.com")
				p := w.join(t, owner, "eve@example.com", actor)
				other := w.join(t, owner, "bob@example.com", from)
				_, _, err := w.Invite(t.Context(), p, "new@example.com", from)
				check(t, "invite", err, may[actor][from])
				err = w.Remove(t.Context(), p, other.Member.ID)
				check(t, "remove", err, may[actor][from])
				if _, still := w.store.members[other.Member.ID]; still != (err != nil) {
					t.Errorf("error %v, but is a member: %v", err, still)
				}
			})
		}
	}
}

func TestKeysManageNoMembers(t *testing.T) {
	w := newWorld(t)
	owner := w.signup(t, "ada@example.com")
	key := bot9.Principal{Kind: bot9.ByKey, AccountID: owner.AccountID, ChatbotID: 70, KeyID: 7}
	_, _, err := w.Invite(t.Context(), key, "bob@example.com", bot9.Viewer)
	wantCode(t, err, bot9.Forbidden, "roleTooLow")
	wantCode(t, w.Remove(t.Context(), key, owner.Member.ID), bot9.Forbidden, "roleTooLow")
}

func TestOtherAccountsMembersAreNotFound(t *testing.T) {
	w := newWorld(t)
	owner, other := w.signup(t, "ada@example.com"), w.signup(t, "bob@example.com")
	_, err := w.SetRole(t.Context(), owner, other.Member.ID, bot9.Viewer)
	wantCode(t, err, bot9.NotFound, "notFound")
	wantCode(t, w.Remove(t.Context(), owner, other.Member.ID), bot9.NotFound, "notFound")
}

func TestInviteRefuses(t *testing.T) {
	w := newWorld(t)
	owner := w.signup(t, "ada@example.com")
	_, _, err := w.Invite(t.Context(), owner, "bob@example.com", "root")
	wantCode(t, err, bot9.Invalid, "invalidRole")
	_, _, err = w.Invite(t.Context(), owner, "bob", bot9.Viewer)
	wantCode(t, err, bot9.Invalid, "invalidEmail")
	_, token, err := w.Invite(t.Context(), owner, "ada@example.com", bot9.Viewer)
	wantCode(t, err, bot9.Conflict, "alreadyMember")
	if token != "" {
		t.Error("a token for an invitation that is none")
	}
}
