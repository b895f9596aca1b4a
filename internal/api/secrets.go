package api

import (
	"context"
	"net/http"
	"time"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/catalog"
)

// TestSender sends a sample event of a type to a webhook at once, past queue and retries, and returns
// the attempt, failed or not.
type TestSender interface {
	SendTest(ctx context.Context, w bot9.Webhook, eventType string) (bot9.Attempt, error)
}

// TestInput says what to send as a test.
type TestInput struct {
	Event string `json:"event,omitempty" doc:"A type of the catalog, whose sample is sent; ping unless given" example:"messageReceived"`
}

// WebhookSecret is what deliveries of a webhook are signed with.
type WebhookSecret struct {
	Secret            string    `json:"secret" doc:"whsec_ and the base64 of the key that deliveries are signed with" example:"whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"`
	PreviousExpiresAt bot9.Time `json:"previousExpiresAt,omitzero" format:"date-time" doc:"Until when deliveries are signed with the secret before as well"`
}

type testWebhookInput struct {
	WebhookPath
	Body *TestInput
}

type rotateSecretInput struct {
	WebhookPath
	Body *RotationInput
}

func (s *server) registerWebhookSecrets() {
	const one = chatbotPath + "webhooks/{webhookId}"
	write := access{role: bot9.Developer}
	register(s, write, operation(http.MethodPost, one+"/test", tagWebhooks, "testWebhook",
		"Send a test event", "Sends a signed `ping`, or the sample of another event type, at once, and answers with the attempt. "+
			"Also an attempt that failed is a good answer to this call. It works while the webhook is disabled."), s.testWebhook)
	register(s, write, operation(http.MethodGet, one+"/secret", tagWebhooks, "getWebhookSecret",
		"Get the signing secret", "The newest one, which receivers check signatures with."), s.getWebhookSecret)
	register(s, access{role: bot9.Developer, creates: true}, operation(http.MethodPost, one+"/rotate-secret", tagWebhooks,
		"rotateWebhookSecret", "Rotate the signing secret",
		"During the overlap deliveries carry a signature by each secret, so that receivers can change over in their own time."),
		s.rotateWebhookSecret)
	register(s, access{role: bot9.Viewer}, operation(http.MethodGet, one+"/public-key", tagWebhooks, "getWebhookPublicKey",
		"Get the public key", "Receivers check signatures of the scheme v1a with it; it is no secret. 404 `noPublicKey` while the webhook doesn't sign with v1a."),
		s.getWebhookPublicKey)
	register(s, access{}, operation(http.MethodGet, keySetPath, tagWebhooks, "listWebhookPublicKeys",
		"List the public keys of webhooks", "A JSON Web Key Set (RFC 7517) of the ed25519 keys (RFC 8037) that this server signs with under the scheme v1a. "+
			"`kid` is the key's thumbprint (RFC 7638). Without `webhookId` it has the newest 1,000 webhooks."), s.listWebhookPublicKeys)
}

func (s *server) testWebhook(ctx context.Context, c *caller, in *testWebhookInput) (*output[bot9.Attempt], error) {
	event := catalog.Ping
	if in.Body != nil && in.Body.Event != "" {
		event = in.Body.Event
	}
	if _, known := catalog.Lookup(event); !known {
		return nil, unknownEventType("body.event")
	}
	w, err := s.Store.Webhook(ctx, c.chatbot, in.WebhookID.ID)
	if err != nil {
		return nil, err
	}
	attempt, err := s.TestSender.SendTest(ctx, w, event)
	return answer(attempt, err)
}

func (s *server) getWebhookSecret(ctx context.Context, c *caller, in *WebhookPath) (*output[WebhookSecret], error) {
	w, err := s.Store.Webhook(ctx, c.chatbot, in.WebhookID.ID)
	if err != nil {
		return nil, err
	}
	// It is recorded before it is shown: the one thing that a GET writes.
	err = s.Store.Record(ctx, bot9.AuditRecord{AccountID: c.AccountID, ChatbotID: c.chatbot, Action: bot9.AuditWebhookSecretShown, Object: w.ID.String()})
	return answer(secretOf(&w), err)
}

func (s *server) rotateWebhookSecret(ctx context.Context, c *caller, in *rotateSecretInput) (*output[WebhookSecret], error) {
	fresh := s.NewSecret()
	answering(ctx, func(w bot9.Webhook) WebhookSecret { return secretOf(&w) })
	w, err := s.Store.ChangeWebhook(ctx, c.chatbot, in.WebhookID.ID, func(w *bot9.Webhook) error {
		w.Secrets = rotated(w, fresh, bot9.At(time.Now()), in.Body.overlap())
		s.ensureSigningKey(w)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return answer(secretOf(&w), nil)
}

// rotated puts a fresh secret before those that are still valid. None outlives the overlap, so a
// second rotation can end a leaked secret at once.
func rotated(w *bot9.Webhook, fresh string, now bot9.Time, overlap time.Duration) []bot9.Secret {
	secrets := []bot9.Secret{{Text: fresh, CreatedAt: now}}
	end := now.Add(overlap)
	for _, secret := range w.ValidSecrets(now) {
		if secret.ExpiresAt == 0 || secret.ExpiresAt > end {
			secret.ExpiresAt = end
		}
		if secret.ExpiresAt > now {
			secrets = append(secrets, secret)
		}
	}
	return secrets
}

func secretOf(w *bot9.Webhook) WebhookSecret {
	var out WebhookSecret
	for i, secret := range w.ValidSecrets(bot9.At(time.Now())) {
		if i == 0 {
			out.Secret = secret.Text
		}
		out.PreviousExpiresAt = max(out.PreviousExpiresAt, secret.ExpiresAt)
	}
	return out
}
