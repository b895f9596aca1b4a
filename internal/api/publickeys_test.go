package api

import (
	"testing"

	"github.com/bot9/bot9/internal/bot9"
)

func TestPublicKeys(t *testing.T) {
	w := newWorld()
	plain, _ := w.CreateWebhook(t.Context(), bot9.Webhook{ChatbotID: w.bot(), Signatures: []string{"v1"}, Secrets: []bot9.Secret{{Text: "whsec_a"}}})
	signing, _ := w.CreateWebhook(t.Context(), bot9.Webhook{
		ChatbotID: w.bot(), Signatures: []string{"v1", "v1a"}, Secrets: []bot9.Secret{
			{Text: "whsec_b", SigningKey: "whsk_b", PublicKey: "whpk_11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="},
			{Text: "whsec_c", SigningKey: "whsk_c", PublicKey: "whpk_AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=", ExpiresAt: 1},
		},
	})
	// The key and its thumbprint are those of RFC 8037, appendix A.
	const jwk = `"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","kid":"kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k","use":"sig","alg":"EdDSA"`
	one := "/api/{bot}/webhooks/"
	run(t, w, []request{
		{name: "key", as: viewer, call: "GET " + one + signing.ID.String() + "/public-key", status: 200, want: []string{`{"publicKey":"whpk_11qY`, `"algorithm":"ed25519"`}, not: []string{"previous", "whsk_", "whsec_"}},
		{name: "no key", as: viewer, call: "GET " + one + plain.ID.String() + "/public-key", status: 404, want: []string{`"noPublicKey"`}},
		{name: "another account's", as: strangerKey, call: "GET /api/{strangers}/webhooks/" + signing.ID.String() + "/public-key", status: 404, want: []string{`"notFound"`}},
		{name: "all", call: "GET /.well-known/bot9-webhooks.json", status: 200, want: []string{`{"keys":[{` + jwk + `}]}`}},
		{name: "one webhook's", call: "GET /.well-known/bot9-webhooks.json?webhookId=" + signing.ID.String(), status: 200, want: []string{jwk}},
		{name: "of one that has none", call: "GET /.well-known/bot9-webhooks.json?webhookId=" + plain.ID.String(), status: 200, want: []string{`{"keys":[]}`}},
		{name: "of one that isn't", call: "GET /.well-known/bot9-webhooks.json?webhookId=whk_38g4k4jvm0001", status: 200, want: []string{`{"keys":[]}`}},
		{name: "choose the scheme", as: key, call: "PATCH " + one + plain.ID.String(), body: `{"signatures":["v1","v1a"]}`, status: 200},
		{name: "then there is one", as: viewer, call: "GET " + one + plain.ID.String() + "/public-key", status: 200, want: []string{`"whpk_MCow`}},
	})
}
