package bot9

import (
	"context"
	"encoding/hex"
	"slices"
)

// PrincipalKind tells what sort of caller a principal is.
type PrincipalKind string

// The kinds of principal.
const (
	ByMember   PrincipalKind = "member"    // a person with a session
	ByKey      PrincipalKind = "key"       // a program with a chatbot's secret key
	ByVisitor  PrincipalKind = "visitor"   // an end user in the widget
	ByLink     PrincipalKind = "link"      // a holder of a link to one object
	ByOperator PrincipalKind = "operator"  // an operator at the server's command line
	ByNobody   PrincipalKind = "anonymous" // somebody who has not proved who they are
	BySystem   PrincipalKind = "system"    // the server itself, such as when it disables a webhook
)

// Principal is who acts: it decides what a call may do, whose limits it counts against, and whom the
// audit log names. The API makes it once for each request and hands it down; a write of the store
// takes it from its context, as it does the Idempotency-Key.
type Principal struct {
	Kind      PrincipalKind
	ID        string // of the member, key, visitor or link, as it stands on the wire; "" for the others
	Label     string // what people call it: a person's or a key's name; may be ""
	AccountID AccountID
	ChatbotID ChatbotID // what a key, visitor or link is confined to; zero = all of the account's
	Address   string    // the IP address that the call came from; "" inside the server
	Scopes    []Scope   // what a key may do; nil = all that a developer may

	Member    *Member // of a member
	SessionID SessionID
	KeyID     KeyID    // of a key
	Visitor   *Visitor // of a visitor

	// FactorMissing: a member of an account that takes only people with a second factor, without one.
	FactorMissing bool
}

// MemberPrincipal is a person who is logged in.
func MemberPrincipal(m *Member) Principal {
	return Principal{Kind: ByMember, ID: m.ID.String(), Label: m.Label(), AccountID: m.AccountID, Member: m}
}

// KeyPrincipal is a program that has the key's secret.
func KeyPrincipal(k *Key) Principal {
	return Principal{Kind: ByKey, ID: k.ID.String(), Label: k.Name, AccountID: k.AccountID, ChatbotID: k.ChatbotID, KeyID: k.ID, Scopes: k.Scopes}
}

// VisitorPrincipal is an end user in the widget. It is confined to the chatbot and to the visitor's own conversations.
func VisitorPrincipal(v *Visitor) Principal {
	return Principal{Kind: ByVisitor, ID: "vis_" + hex.EncodeToString(v.Subject[:10]), Label: v.Details.Name, ChatbotID: v.ChatbotID, Visitor: v}
}

// Role is what the principal may do. A key counts as a developer, the operator as an owner.
func (p Principal) Role() Role {
	switch p.Kind {
	case ByMember:
		return p.Member.Role
	case ByKey:
		return Developer
	case ByOperator:
		return Owner
	}
	return ""
}

// Name tells who it is in the words of events: a member's name, or "api".
func (p Principal) Name() string {
	if p.Member == nil {
		return "api"
	}
	return p.Member.Label()
}

// May tells whether the principal's scopes include one. Only keys have scopes.
func (p Principal) May(scope Scope) bool { return p.Scopes == nil || slices.Contains(p.Scopes, scope) }

// Actor is the principal as the audit log names it.
func (p Principal) Actor() Actor {
	return Actor{Type: p.Kind, ID: p.ID, Name: p.Label, IP: p.Address}
}

type principalKey struct{}

// WithPrincipal returns a copy of the context that names p as the actor.
func WithPrincipal(ctx context.Context, p Principal) context.Context {
	return context.WithValue(ctx, principalKey{}, p)
}

// PrincipalFrom returns who acts in ctx: the server itself unless WithPrincipal has named somebody.
func PrincipalFrom(ctx context.Context) Principal {
	if p, ok := ctx.Value(principalKey{}).(Principal); ok {
		return p
	}
	return Principal{Kind: BySystem}
}
