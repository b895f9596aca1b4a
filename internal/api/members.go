package api

import (
	"context"
	"net/http"
	"net/url"

	"github.com/bot9/bot9/internal/bot9"
)

// MemberPath names a member.
type MemberPath struct {
	MemberID PathID[bot9.MemberID] `path:"memberId" doc:"The member"`
}

// Invitation is whom to let in, and as what.
type Invitation struct {
	Email string    `json:"email" maxLength:"320" doc:"Who is to be let in" example:"grace@example.com"`
	Role  bot9.Role `json:"role" enum:"owner,admin,developer,viewer" doc:"What they will be allowed to do"`
}

// InvitedMember is a member with the invitation, which is shown this once.
type InvitedMember struct {
	bot9.Member
	InviteToken string `json:"inviteToken" doc:"Shown once; valid for 7 days; goes into sign-up"`
	InviteURL   string `json:"inviteUrl" doc:"The sign-up page with the invitation filled in" example:"https://bot9.example.com/signup?invite=…"`
}

// RoleChange is a member's new role.
type RoleChange struct {
	Role bot9.Role `json:"role" enum:"owner,admin,developer,viewer" doc:"What they may do from now on"`
}

type inviteInput struct{ Body Invitation }

type removeMemberInput struct {
	MemberPath
	IfMatch
}

type changeMemberInput struct {
	MemberPath
	IfMatch
	Body RoleChange
}

func (s *server) registerMembers() {
	const path = basePath + "auth/members"
	admin := access{role: bot9.Admin, session: true}
	register(s, admin, operation(http.MethodGet, path, tagAccount, "listMembers",
		"List members", "The people of the account."), s.listMembers)
	register(s, admin, operation(http.MethodGet, path+"/{memberId}", tagAccount, "getMember",
		"Get a member", "Their role, and whether they have accepted the invitation."), s.getMember)
	invite := operation(http.MethodPost, path, tagAccount, "inviteMember",
		"Invite a member", "Only owners make owners. The answer is the only place where the invitation is ever shown.")
	invite.DefaultStatus = http.StatusCreated
	register(s, access{role: bot9.Admin, session: true, creates: true, guarded: true}, invite, s.inviteMember)
	register(s, admin, operation(http.MethodPatch, path+"/{memberId}", tagAccount, "changeMember",
		"Change a member's role", "Only owners change owners, and one owner stays."), s.changeMember)
	register(s, admin, operation(http.MethodDelete, path+"/{memberId}", tagAccount, "removeMember",
		"Remove a member", "Ends their sessions. Only owners remove owners, and one owner stays."), s.removeMember)
}

func (s *server) listMembers(ctx context.Context, c *caller, in *PageQuery) (*output[bot9.List[bot9.Member]], error) {
	all, err := s.Store.Members(ctx, c.AccountID)
	return answerPart(ctx, in, all, func(member bot9.Member) int64 { return int64(member.ID) }, err)
}

func (s *server) getMember(ctx context.Context, c *caller, in *MemberPath) (*editable[bot9.Member], error) {
	all, err := s.Store.Members(ctx, c.AccountID)
	for _, member := range all {
		if member.ID == in.MemberID.ID {
			return answerEditable(member, member, err)
		}
	}
	if err == nil {
		err = notFound()
	}
	return nil, err
}

func (s *server) inviteMember(ctx context.Context, c *caller, in *inviteInput) (*output[InvitedMember], error) {
	answering(ctx, s.shownInvitation)
	member, token, err := s.Auth.Invite(ctx, c.Principal, in.Body.Email, in.Body.Role)
	return answer(s.shownInvitation(bot9.Invitation{Member: member, Token: token}), err)
}

func (s *server) shownInvitation(i bot9.Invitation) InvitedMember {
	return InvitedMember{
		Member: i.Member, InviteToken: i.Token,
		InviteURL: s.BaseURL + "/signup?invite=" + url.QueryEscape(i.Token) + "&email=" + url.QueryEscape(i.Member.Email),
	}
}

func (s *server) changeMember(ctx context.Context, c *caller, in *changeMemberInput) (*editable[bot9.Member], error) {
	member, err := s.Auth.SetRole(in.expect(ctx), c.Principal, in.MemberID.ID, in.Body.Role)
	return answerEditable(member, member, err)
}

func (s *server) removeMember(ctx context.Context, c *caller, in *removeMemberInput) (*struct{}, error) {
	return nil, s.Auth.Remove(in.expect(ctx), c.Principal, in.MemberID.ID)
}
