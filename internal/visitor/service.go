package visitor

import (
	"log/slog"
	"net/url"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

// Options is what the Service needs.
type Options struct {
	Log     Log
	Sealer  Sealer // every node of a database needs the same master key
	BaseURL string // where people reach the server: its own pages may always use the widget
	Limits  Limits
	Logger  *slog.Logger
}

// Service knows visitors. It is safe for concurrent use.
type Service struct {
	*Hub
	sealer Sealer
	origin string // the server's own
}

// New makes a Service.
func New(o Options) (*Service, error) {
	s := &Service{Hub: NewHub(o.Log, o.Limits, o.Logger), sealer: o.Sealer}
	base, err := url.Parse(o.BaseURL)
	if err != nil {
		return nil, err
	}
	s.origin, err = s.NormalizeOrigin(base.Scheme+"://"+base.Host, "base-url")
	return s, err
}

// Session begins or renews a visitor's session. It fails with Invalid "invalidVisitor" for what is no lasting secret, and
// with Forbidden "identityUnproven" for an external ID without its proof. It stores nothing.
func (s *Service) Session(w *bot9.Widget, in bot9.SessionInput, now time.Time) (session bot9.VisitorSession, err error) {
	if in.Secret == "" {
		in.Secret = newSecret()
	} else if !isSecret(in.Secret) {
		return session, bot9.InvalidField("invalidVisitor", "body.visitor", "It is not a visitor's secret. Leave it out to begin as a new visitor.")
	}
	v := bot9.Visitor{
		ChatbotID: w.ChatbotID, Subject: anonymous(w.ChatbotID, in.Secret),
		ClaimedID: in.ClaimedID, Details: in.Details, Attributes: in.Attributes,
	}
	session = bot9.VisitorSession{Anonymous: v, Secret: in.Secret}
	if in.ExternalID != "" || in.Hash != "" {
		if err := checkProof(w.IdentitySecret, in.ExternalID, in.Hash); err != nil {
			return bot9.VisitorSession{}, err
		}
		v.Subject, v.ExternalID, v.ClaimedID = proven(w.ChatbotID, in.ExternalID), in.ExternalID, ""
	}
	session.Visitor = v
	session.Token, session.ExpiresAt, err = s.newToken(&v, now)
	return session, err
}
