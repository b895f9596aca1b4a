package webhook

import (
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

func TestSendSignsByPublicKeyToo(t *testing.T) {
	now := time.UnixMilli(1_700_000_000_000)
	var header http.Header
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { header = r.Header }))
	defer server.Close()
	sender := newSender(t, Options{Clock: func() time.Time { return now }})
	private, public := NewSigningKey()
	oldPrivate, oldPublic := NewSigningKey()
	_, foreign := NewSigningKey()
	secrets := func(w *bot9.Webhook) {
		w.Secrets[0].SigningKey, w.Secrets[0].PublicKey = private, public
		w.Secrets = append(w.Secrets, bot9.Secret{Text: NewSecret(), ExpiresAt: bot9.At(now) + 1000, SigningKey: oldPrivate, PublicKey: oldPublic})
	}
	both := prepare(t, sender, server.URL, func(w *bot9.Webhook) { secrets(w); w.Signatures = []string{"v1", "v1a"} })
	verifies := func(key string) bool { return Verify([]string{key}, header, testBody, now, time.Minute) == nil }

	sender.Send(t.Context(), both, request())
	if !verifies(public) || !verifies(oldPublic) || verifies(foreign) || Verify([]string{testSecret}, header, testBody, now, time.Minute) != nil {
		t.Errorf("in the overlap: %s", header.Get("webhook-signature"))
	}
	if Verify([]string{public}, header, append([]byte(" "), testBody...), now, time.Minute) == nil {
		t.Error("another body fits")
	}
	now = now.Add(time.Second)
	sender.Send(t.Context(), both, request())
	if !verifies(public) || verifies(oldPublic) {
		t.Errorf("after the overlap: %s", header.Get("webhook-signature"))
	}
	sender.Send(t.Context(), prepare(t, sender, server.URL, secrets), request())
	if signature := header.Get("webhook-signature"); strings.Contains(signature, "v1a") {
		t.Errorf("without the scheme: %s", signature)
	}
}

// knownAsymmetricSignature was made by Node.js's crypto with the key pair of RFC 8032, section 7.1, test 1.
const knownAsymmetricSignature = "v1a,fldxM4gAKugP6nnt1hdz3sgGfZ6d99nzrMFnZOELIxbzEHoVmAb2ADpkJK7zgPePmPsle0zV9jSeGlHFG2NVAw=="

func TestPublicKeysAreThoseOfTheRFC(t *testing.T) {
	const body = `{"test": 2432232314}`
	public := "whpk_" + base64.StdEncoding.EncodeToString([]byte(
		"\xd7\x5a\x98\x01\x82\xb1\x0a\xb7\xd5\x4b\xfe\xd3\xc9\x64\x07\x3a\x0e\xe1\x72\xf3\xda\xa6\x23\x25\xaf\x02\x1a\x68\xf7\x07\x51\x1a"))
	seed := "\x9d\x61\xb1\x9d\xef\xfd\x5a\x60\xba\x84\x4a\xf4\x92\xec\x2c\xc4\x44\x49\xc5\x69\x7b\x32\x69\x19\x70\x3b\xac\x03\x1c\xae\x7f\x60"
	raw, err := parsePublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	key, err := mustKey(t, NewSecret()).WithSigningKey("whsk_" + base64.StdEncoding.EncodeToString(append([]byte(seed), raw...)))
	if err != nil {
		t.Fatal(err)
	}
	_, got, _ := strings.Cut(string(Sign(nil, []Key{key}, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, []byte(body))), " ")
	if got != knownAsymmetricSignature {
		t.Errorf("signed %s", got)
	}
}

func TestPublicKeysThatAreNone(t *testing.T) {
	_, public := NewSigningKey()
	for _, key := range []string{"", "whpk_", strings.TrimPrefix(public, "whpk_"), public + "\n", public[:len(public)-4]} {
		err := Verify([]string{key}, deliveryHeaders("evt_1", time.Unix(1, 0), "v1a,x"), testBody, time.Unix(1, 0), time.Minute)
		if bot9.CodeOf(err) != "invalidSecret" {
			t.Errorf("%q: %v", key, err)
		}
	}
	if _, err := mustKey(t, NewSecret()).WithSigningKey(public); err == nil {
		t.Error("a public key signs")
	}
}
