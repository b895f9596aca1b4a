package api

import (
	"context"
	"net/http"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

// KeyStore keeps secret keys.
type KeyStore interface {
	Keys(ctx context.Context, chatbot bot9.ChatbotID) ([]bot9.Key, error)
	CreateKey(ctx context.Context, chatbot bot9.ChatbotID, key bot9.NewKey) (bot9.Key, error)
	RotateKey(ctx context.Context, chatbot bot9.ChatbotID, id bot9.KeyID, key bot9.NewKey, overlap time.Duration) (bot9.Key, error)
	RevokeKey(ctx context.Context, chatbot bot9.ChatbotID, id bot9.KeyID) error
}

// KeyPath names a key.
type KeyPath struct {
	KeyID PathID[bot9.KeyID] `path:"keyId" doc:"The key"`
}

// KeyWithSecret is a key whose secret is shown this once.
type KeyWithSecret struct {
	bot9.Key
	Secret string `json:"secret" doc:"Shown once; only a hash is kept" example:"bot9_sk_5tTgWq0rB1o7c2WkVd3N8xYzA4hLmP9s"`
}

// KeyCreation says what to call a new key.
type KeyCreation struct {
	Name string `json:"name,omitempty" maxLength:"100" doc:"To tell keys apart" example:"production"`

	Scopes     []bot9.Scope `json:"scopes,omitempty" maxItems:"20" doc:"All that the key may do; everything that a developer may unless given" example:"events:write"`
	ExpiresAt  *Moment      `json:"expiresAt,omitempty" doc:"From when on the key is refused; never unless given"`
	AllowedIPs []string     `json:"allowedIps,omitempty" maxItems:"50" doc:"IP addresses and CIDRs that the key may be used from, of IPv6 by /64 networks; anywhere unless given" example:"192.0.2.0/24"`
}

// RotationInput says how long the secret before stays valid.
type RotationInput struct {
	OverlapSeconds *int `json:"overlapSeconds,omitempty" minimum:"0" maximum:"604800" doc:"How long the secret before stays valid; 86400 (a day) unless given"`
}

func (in *RotationInput) overlap() time.Duration {
	if in == nil || in.OverlapSeconds == nil {
		return bot9.DefaultSecretOverlap
	}
	return time.Duration(*in.OverlapSeconds) * time.Second
}

type createKeyInput struct{ Body *KeyCreation }

type rotateKeyInput struct {
	KeyPath
	Body *RotationInput
}

func (s *server) registerKeys() {
	const path = chatbotPath + "keys"
	admin := access{role: bot9.Admin, session: true}
	creating := access{role: bot9.Admin, session: true, creates: true}
	register(s, admin, operation(http.MethodGet, path, tagKeys, "listKeys",
		"List keys", "The chatbot's secret keys, without the secrets."), s.listKeys)
	create := operation(http.MethodPost, path, tagKeys, "createKey",
		"Create a key", "The answer is the only place where the secret is ever shown.")
	create.DefaultStatus = http.StatusCreated
	register(s, creating, create, s.createKey)
	register(s, creating, operation(http.MethodPost, path+"/{keyId}/rotate", tagKeys, "rotateKey",
		"Rotate a key", "Gives the key a new secret. The old one stays valid for the overlap, so that clients can be moved "+
			"one by one. Emits `apiKeyRotated`."), s.rotateKey)
	register(s, admin, operation(http.MethodDelete, path+"/{keyId}", tagKeys, "revokeKey",
		"Revoke a key", "Its secrets are refused from now on."), s.revokeKey)
}

func (s *server) listKeys(ctx context.Context, c *caller, in *PageQuery) (*output[bot9.List[bot9.Key]], error) {
	all, err := s.Store.Keys(ctx, c.chatbot)
	return answerPart(ctx, in, all, func(key bot9.Key) int64 { return int64(key.ID) }, err)
}

func (s *server) createKey(ctx context.Context, c *caller, in *createKeyInput) (*output[KeyWithSecret], error) {
	name, limits := "", bot9.KeyLimits{}
	if in.Body != nil {
		name, limits = in.Body.Name, bot9.KeyLimits{Scopes: in.Body.Scopes, AllowedIPs: in.Body.AllowedIPs}
		if in.Body.ExpiresAt != nil {
			limits.ExpiresAt = in.Body.ExpiresAt.Time
		}
	}
	if err := s.Auth.CheckKeyLimits(limits); err != nil {
		return nil, err
	}
	secret, fresh := s.Auth.NewKey(name)
	fresh.KeyLimits = limits
	shown := func(key bot9.Key) KeyWithSecret { return KeyWithSecret{Key: key, Secret: secret} }
	answering(ctx, shown)
	key, err := s.Store.CreateKey(ctx, c.chatbot, fresh)
	return answer(shown(key), err)
}

func (s *server) rotateKey(ctx context.Context, c *caller, in *rotateKeyInput) (*output[KeyWithSecret], error) {
	defer s.Auth.ForgetKeys()
	secret, fresh := s.Auth.NewKey("")
	shown := func(key bot9.Key) KeyWithSecret { return KeyWithSecret{Key: key, Secret: secret} }
	answering(ctx, shown)
	key, err := s.Store.RotateKey(ctx, c.chatbot, in.KeyID.ID, fresh, in.Body.overlap())
	return answer(shown(key), err)
}

func (s *server) revokeKey(ctx context.Context, c *caller, in *KeyPath) (*struct{}, error) {
	defer s.Auth.ForgetKeys()
	return nil, s.Store.RevokeKey(ctx, c.chatbot, in.KeyID.ID)
}
