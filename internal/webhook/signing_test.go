package webhook

import (
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/bot9/bot9/internal/bot9"
	official "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func mustKey(tb testing.TB, secret string) Key {
	tb.Helper()
	key, err := ParseSecret(secret)
	if err != nil {
		tb.Fatal(err)
	}
	return key
}

func TestSignKnownAnswer(t *testing.T) {
	// The example of the official libraries' own tests.
	key := mustKey(t, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
	want := "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
	for range 2 { // the second time with a used signer
		got := Sign(nil, []Key{key}, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, []byte(`{"test": 2432232314}`))
		if string(got) != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestSignaturesOfOursVerifyOfficially(t *testing.T) {
	current, old := NewSecret(), NewSecret()
	body := []byte(`{"event":"ping","data":{}}`)
	now := time.Now()
	signature := string(Sign(nil, []Key{mustKey(t, current), mustKey(t, old)}, "evt_1", now.Unix(), body))
	headers := deliveryHeaders("evt_1", now, signature)
	for _, secret := range []string{current, old} {
		verifier, err := official.NewWebhook(secret)
		if err != nil {
			t.Fatal(err)
		}
		if err := verifier.Verify(body, headers); err != nil {
			t.Errorf("the official library refuses %s: %v", signature, err)
		}
		if err := verifier.Verify(append(body, ' '), headers); err == nil {
			t.Error("the official library takes a changed body")
		}
	}
}

func TestOfficialSignaturesVerifyHere(t *testing.T) {
	secret := NewSecret()
	body := []byte(`{"event":"ping","data":{}}`)
	now := time.Now()
	signer, err := official.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	signature, err := signer.Sign("evt_1", now, body)
	if err != nil {
		t.Fatal(err)
	}
	if err := Verify([]string{NewSecret(), secret}, deliveryHeaders("evt_1", now, signature), body, now, DefaultTolerance); err != nil {
		t.Error(err)
	}
}

func deliveryHeaders(id string, at time.Time, signature string) http.Header {
	header := http.Header{}
	header.Set("webhook-id", id)
	header.Set("webhook-timestamp", strconv.FormatInt(at.Unix(), 10))
	header.Set("webhook-signature", signature)
	return header
}

func TestVerifyErrors(t *testing.T) {
	secret, now := NewSecret(), time.Unix(1_700_000_000, 0)
	body := []byte(`{"a":1}`)
	signature := string(Sign(nil, []Key{mustKey(t, secret)}, "evt_1", now.Unix(), body))
	for name, tc := range map[string]struct {
		change  func(http.Header)
		secrets []string
		body    string
		now     time.Time
		code    string
	}{
		"genuine":               {},
		"at the tolerance":      {now: now.Add(5 * time.Minute)},
		"among others":          {change: set("webhook-signature", "v1a,abc v1, v2,x "+signature)},
		"no id":                 {change: set("webhook-id", ""), code: "signatureMissing"},
		"no timestamp":          {change: set("webhook-timestamp", ""), code: "signatureMissing"},
		"no signature":          {change: set("webhook-signature", ""), code: "signatureMissing"},
		"timestamp not numeric": {change: set("webhook-timestamp", "now"), code: "timestampInvalid"},
		"other timestamp":       {change: set("webhook-timestamp", "1700000001"), code: "signatureInvalid"},
		"other id":              {change: set("webhook-id", "evt_2"), code: "signatureInvalid"},
		"other body":            {body: `{"a":2}`, code: "signatureInvalid"},
		"other secret":          {secrets: []string{NewSecret()}, code: "signatureInvalid"},
		"no secret":             {secrets: []string{}, code: "signatureInvalid"},
		"broken secret":         {secrets: []string{"whsec_%"}, code: "invalidSecret"},
		"other version":         {change: set("webhook-signature", strings.Replace(signature, "v1,", "v2,", 1)), code: "signatureInvalid"},
		"shortened":             {change: set("webhook-signature", signature[:len(signature)-4]), code: "signatureInvalid"},
		"too many before it":    {change: set("webhook-signature", strings.Repeat("v1,x ", 20)+signature), code: "signatureInvalid"},
		"too old":               {now: now.Add(5*time.Minute + time.Second), code: "timestampTooOld"},
		"too new":               {now: now.Add(-5*time.Minute - time.Second), code: "timestampTooNew"},
	} {
		t.Run(name, func(t *testing.T) {
			header := deliveryHeaders("evt_1", now, signature)
			if tc.change != nil {
				tc.change(header)
			}
			secrets, sent, at := []string{secret}, body, now
			if tc.secrets != nil {
				secrets = tc.secrets
			}
			if tc.body != "" {
				sent = []byte(tc.body)
			}
			if !tc.now.IsZero() {
				at = tc.now
			}
			if err := Verify(secrets, header, sent, at, DefaultTolerance); bot9.CodeOf(err) != tc.code {
				t.Errorf("got %v, want code %q", err, tc.code)
			}
		})
	}
}

func set(name, value string) func(http.Header) {
	return func(header http.Header) { header.Set(name, value) }
}

func TestParseSecret(t *testing.T) {
	encode := func(n int) string {
		return "whsec_" + base64.StdEncoding.EncodeToString([]byte(strings.Repeat("k", n)))
	}
	for secret, ok := range map[string]bool{
		NewSecret(): true, encode(24): true, encode(64): true,
		encode(23): false, encode(65): false, "": false, "whsec_": false, encode(32)[6:]: false,
		"WHSEC_" + encode(32)[6:]: false, encode(32)[:20] + "\n" + encode(32)[20:]: false,
		"whsec_" + strings.TrimRight(encode(32)[6:], "="): false,
		"whsec_" + strings.Repeat("_-", 20):               false,
	} {
		_, err := ParseSecret(secret)
		if (err == nil) != ok {
			t.Errorf("ParseSecret(%q) = %v", secret, err)
		}
		if err != nil && len(secret) > 8 && strings.Contains(err.Error(), secret[6:]) {
			t.Errorf("the error repeats the secret: %v", err)
		}
	}
	if a, b := NewSecret(), NewSecret(); a == b || len(a) != len("whsec_")+44 {
		t.Errorf("NewSecret made %s and %s", a, b)
	}
}

func FuzzParseSecret(f *testing.F) {
	for _, seed := range []string{"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_", "x", "whsec_AA==\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, secret string) {
		key, err := ParseSecret(secret)
		if err != nil {
			return
		}
		raw, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
		if err != nil || "whsec_"+base64.StdEncoding.EncodeToString(raw) != secret {
			t.Fatalf("%q was taken, but is not in canonical form", secret)
		}
		verifier, err := official.NewWebhookRaw(raw)
		if err != nil {
			t.Fatal(err)
		}
		want, _ := verifier.Sign("evt", time.Unix(5, 0), []byte("body"))
		if got := string(Sign(nil, []Key{key}, "evt", 5, []byte("body"))); got != want {
			t.Fatalf("got %s, the official library %s", got, want)
		}
	})
}

func BenchmarkSign(b *testing.B) {
	keys := []Key{mustKey(b, NewSecret())}
	body, dst := make([]byte, 300), make([]byte, 0, 128)
	b.ReportAllocs()
	for b.Loop() {
		Sign(dst, keys, "evt_0d1vqk2m80000", 1_700_000_000, body)
	}
}
