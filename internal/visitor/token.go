package visitor

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

// TokenLifetime is how long a token lasts.
const TokenLifetime = time.Hour

const (
	tokenPrefix = "bot9_vt_"
	tokenPlace  = "visitorToken"
)

// Sealer encrypts tokens. What was sealed for one place opens for the same only.
type Sealer interface {
	Seal(plain []byte, place string) ([]byte, error)
	Unseal(sealed []byte, place string) ([]byte, error)
}

// content is what a token says.
type content struct {
	Chatbot    bot9.ChatbotID  `json:"c"`
	Subject    []byte          `json:"s"`
	ExternalID string          `json:"x,omitempty"`
	ClaimedID  string          `json:"k,omitempty"`
	Name       string          `json:"n,omitempty"`
	EmailID    string          `json:"m,omitempty"`
	Attributes bot9.Attributes `json:"a,omitzero"`
	ExpiresAt  bot9.Time       `json:"e"`
}

// newToken makes a token for the visitor.
func (s *Service) newToken(v *bot9.Visitor, now time.Time) (token string, expires bot9.Time, err error) {
	expires = bot9.At(now.Add(TokenLifetime))
	plain, err := json.Marshal(content{
		Chatbot: v.ChatbotID, Subject: v.Subject[:], ExternalID: v.ExternalID, ClaimedID: v.ClaimedID,
		Name: v.Details.Name, EmailID: v.Details.EmailID, Attributes: v.Attributes, ExpiresAt: expires,
	})
	if err != nil {
		return "", 0, err
	}
	sealed, err := s.sealer.Seal(plain, tokenPlace)
	return tokenPrefix + base64.RawURLEncoding.EncodeToString(sealed), expires, err
}

// ReadToken returns the visitor whose token it is, and when it expires, which may be over. ok is false if it is none.
func (s *Service) ReadToken(token string) (v bot9.Visitor, expires bot9.Time, ok bool) {
	text, ok := strings.CutPrefix(token, tokenPrefix)
	if !ok {
		return v, 0, false
	}
	sealed, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return v, 0, false
	}
	plain, err := s.sealer.Unseal(sealed, tokenPlace)
	if err != nil {
		return v, 0, false
	}
	var c content
	if json.Unmarshal(plain, &c) != nil || len(c.Subject) != len(v.Subject) {
		return v, 0, false
	}
	v = bot9.Visitor{
		ChatbotID: c.Chatbot, ExternalID: c.ExternalID, ClaimedID: c.ClaimedID,
		Details: bot9.Details{Name: c.Name, EmailID: c.EmailID}, Attributes: c.Attributes,
	}
	copy(v.Subject[:], c.Subject)
	return v, c.ExpiresAt, true
}
