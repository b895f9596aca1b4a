package auth

import (
	"context"
	"slices"

	"github.com/bot9/bot9/internal/bot9"
)

// Allow fails with Forbidden "roleTooLow" unless p has at least the role. A secret key counts as a
// developer; that it does so for its own chatbot only is for the caller to see to.
func Allow(p bot9.Principal, need bot9.Role) error {
	if p.Role().AtLeast(need) {
		return nil
	}
	return bot9.Errorf(bot9.Forbidden, "roleTooLow", "This takes the role %s or a stronger one.", need)
}

// Invite makes somebody a member who has yet to accept, with the token, within 7 days. It fails
// with "invalidEmail", "invalidRole", Forbidden "roleTooLow" or Conflict "alreadyMember".
func (s *Service) Invite(ctx context.Context, p bot9.Principal, email string, role bot9.Role) (member bot9.Member, inviteToken string, err error) {
	if err := mayGive(p, role); err != nil {
		return bot9.Member{}, "", err
	}
	email, err = normalEmail(email)
	if err != nil {
		return bot9.Member{}, "", err
	}
	member = bot9.Member{AccountID: p.AccountID, Email: email, Role: role, Status: bot9.MemberInvited}
	token, hash := newToken()
	bot9.MapAnswer(ctx, func(m bot9.Member) bot9.Invitation { return bot9.Invitation{Member: m, Token: token} })
	member, err = s.store.InviteMember(ctx, member, hash, s.clock().Add(bot9.InviteTime))
	if err != nil {
		return bot9.Member{}, "", err
	}
	return member, token, nil
}

// SetRole gives a member of p's account another role. It fails with "invalidRole", NotFound,
// Forbidden "roleTooLow" or Conflict "lastOwner".
func (s *Service) SetRole(ctx context.Context, p bot9.Principal, id bot9.MemberID, role bot9.Role) (bot9.Member, error) {
	if err := mayGive(p, role); err != nil {
		return bot9.Member{}, err
	}
	if _, err := s.mayTouch(ctx, p, id); err != nil {
		return bot9.Member{}, err
	}
	return s.store.SetMemberRole(ctx, p.AccountID, id, role)
}

// Remove takes a member out of p's account and ends their sessions. It fails with NotFound,
// Forbidden "roleTooLow" or Conflict "lastOwner".
func (s *Service) Remove(ctx context.Context, p bot9.Principal, id bot9.MemberID) error {
	if _, err := s.mayTouch(ctx, p, id); err != nil {
		return err
	}
	return s.store.RemoveMember(ctx, p.AccountID, id)
}

// mayGive tells whether p may make somebody a member of this role: only owners make owners.
func mayGive(p bot9.Principal, role bot9.Role) error {
	if !slices.Contains(bot9.Roles, role) {
		return bot9.InvalidField("invalidRole", "body.role", "There is no such role.")
	}
	return Allow(p, needToManage(role))
}

// mayTouch tells whether p may change the member: only owners touch owners.
func (s *Service) mayTouch(ctx context.Context, p bot9.Principal, id bot9.MemberID) (bot9.Member, error) {
	if err := Allow(p, bot9.Admin); err != nil {
		return bot9.Member{}, err
	}
	members, err := s.store.Members(ctx, p.AccountID)
	if err != nil {
		return bot9.Member{}, err
	}
	i := slices.IndexFunc(members, func(m bot9.Member) bool { return m.ID == id })
	if i < 0 {
		return bot9.Member{}, bot9.Errorf(bot9.NotFound, "notFound", "There is no such member.")
	}
	return members[i], Allow(p, needToManage(members[i].Role))
}

func needToManage(role bot9.Role) bot9.Role {
	if role == bot9.Owner {
		return bot9.Owner
	}
	return bot9.Admin
}
