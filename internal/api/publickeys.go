package api

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

const (
	keySetPath   = "/.well-known/bot9-webhooks.json"
	keySetLength = 1000            // webhooks whose keys are shown without a webhookId
	keySetAge    = 5 * time.Second // how long they are kept: anybody may ask, and every webhook is looked at
)

// PublicKey is what receivers check signatures of the scheme v1a with.
type PublicKey struct {
	PublicKey         string    `json:"publicKey" doc:"whpk_ and the base64 of an ed25519 public key" example:"whpk_MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqk="`
	Algorithm         string    `json:"algorithm" enum:"ed25519" doc:"Always ed25519"`
	Previous          string    `json:"previousPublicKey,omitempty" doc:"The key before, while deliveries are signed with both"`
	PreviousExpiresAt bot9.Time `json:"previousExpiresAt,omitzero" format:"date-time" doc:"Until when deliveries are signed with the key before as well"`
}

// KeySet is a JSON Web Key Set.
type KeySet struct {
	Keys []JSONWebKey `json:"keys" doc:"The keys, those of the newest webhooks first"`
}

// JSONWebKey is an ed25519 key (RFC 8037).
type JSONWebKey struct {
	Type  string `json:"kty" enum:"OKP" doc:"Always OKP"`
	Curve string `json:"crv" enum:"Ed25519" doc:"Always Ed25519"`
	X     string `json:"x" doc:"The public key, in unpadded URL-safe base64" example:"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"`
	ID    string `json:"kid" doc:"The key's thumbprint (RFC 7638)" example:"kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"`
	Use   string `json:"use" enum:"sig" doc:"Always sig"`
	Alg   string `json:"alg" enum:"EdDSA" doc:"Always EdDSA"`
}

type keySetInput struct {
	WebhookID []RefText[bot9.WebhookID] `query:"webhookId,explode" maxItems:"20" doc:"Only the keys of this webhook, as the header bot9-webhook-id of a delivery names it; repeated: of these"`
}

// keySetCache keeps the set of all keys for a moment.
type keySetCache struct {
	mu   sync.Mutex
	set  KeySet
	made time.Time
}

// ensureSigningKey gives the webhook's newest secret a signing key where the webhook wants one.
func (s *server) ensureSigningKey(w *bot9.Webhook) {
	if len(w.Secrets) > 0 && w.Secrets[0].SigningKey == "" && slices.Contains(w.Signatures, bot9.SignatureV1a) {
		w.Secrets[0].SigningKey, w.Secrets[0].PublicKey = s.NewSigningKey()
	}
}

func (s *server) getWebhookPublicKey(ctx context.Context, c *caller, in *WebhookPath) (*output[PublicKey], error) {
	w, err := s.Store.Webhook(ctx, c.chatbot, in.WebhookID.ID)
	if err != nil {
		return nil, err
	}
	keys := publicKeys(&w)
	if len(keys) == 0 {
		return nil, bot9.Errorf(bot9.NotFound, "noPublicKey", "This webhook doesn't sign with v1a. Set its signatures to [\"v1\",\"v1a\"].")
	}
	out := PublicKey{PublicKey: keys[0].PublicKey, Algorithm: "ed25519"}
	if len(keys) > 1 {
		out.Previous, out.PreviousExpiresAt = keys[1].PublicKey, keys[1].ExpiresAt
	}
	return answer(out, nil)
}

// publicKeys are the webhook's secrets that sign with v1a at this moment.
func publicKeys(w *bot9.Webhook) []bot9.Secret {
	if !slices.Contains(w.Signatures, bot9.SignatureV1a) {
		return nil
	}
	return slices.DeleteFunc(w.ValidSecrets(bot9.At(time.Now())), func(secret bot9.Secret) bool { return secret.PublicKey == "" })
}

func (s *server) listWebhookPublicKeys(ctx context.Context, _ *caller, in *keySetInput) (*output[KeySet], error) {
	if ids := idsOf(in.WebhookID); len(ids) > 0 {
		var webhooks []bot9.Webhook
		for _, id := range ids {
			w, err := s.Store.Endpoint(ctx, id)
			if bot9.KindOf(err) == bot9.NotFound { // shown as one without the scheme is
				continue
			}
			if err != nil {
				return nil, err
			}
			webhooks = append(webhooks, w)
		}
		return answer(keySet(webhooks), nil)
	}
	s.keySet.mu.Lock()
	defer s.keySet.mu.Unlock()
	if now := time.Now(); now.Sub(s.keySet.made) > keySetAge {
		webhooks, err := s.Store.AsymmetricWebhooks(ctx, keySetLength)
		if err != nil {
			return nil, err
		}
		s.keySet.set, s.keySet.made = keySet(webhooks), now
	}
	return answer(s.keySet.set, nil)
}

func keySet(webhooks []bot9.Webhook) KeySet {
	set := KeySet{Keys: []JSONWebKey{}}
	for i := range webhooks {
		for _, secret := range publicKeys(&webhooks[i]) {
			_, encoded, _ := strings.Cut(secret.PublicKey, "_")
			raw, err := base64.StdEncoding.DecodeString(encoded)
			if err != nil {
				continue // nothing that NewSigningKey made
			}
			x := base64.RawURLEncoding.EncodeToString(raw)
			thumbprint := sha256.Sum256([]byte(`{"crv":"Ed25519","kty":"OKP","x":"` + x + `"}`))
			set.Keys = append(set.Keys, JSONWebKey{
				Type: "OKP", Curve: "Ed25519", X: x, ID: base64.RawURLEncoding.EncodeToString(thumbprint[:]), Use: "sig", Alg: "EdDSA",
			})
		}
	}
	return set
}
