package visitor

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

// marked is a sealer that only marks what it was given.
type marked struct{}

func (marked) Seal(plain []byte, place string) ([]byte, error) {
	return append([]byte(place+":"), plain...), nil
}

func (marked) Unseal(sealed []byte, place string) ([]byte, error) {
	plain, ok := bytes.CutPrefix(sealed, []byte(place+":"))
	if !ok {
		return nil, errors.New("sealed for another place")
	}
	return plain, nil
}

func TestSessions(t *testing.T) {
	s := service(t, "https://bot9.example")
	s.sealer = marked{}
	now := time.UnixMilli(1_795_000_000_000)
	w := bot9.NewWidget(1 << 40)
	w.IdentitySecret = "bot9_is_secret"
	first, err := s.Session(&w, bot9.SessionInput{Details: bot9.Details{Name: "Ada"}, ClaimedID: "user1", Attributes: `{"plan":"pro"}`}, now)
	if err != nil || !isSecret(first.Secret) {
		t.Fatal(first, err)
	}
	again, err := s.Session(&w, bot9.SessionInput{Secret: first.Secret}, now)
	if err != nil || again.Visitor.Subject != first.Visitor.Subject || again.Secret != first.Secret {
		t.Errorf("the same secret is another visitor: %v %v", again, err)
	}
	v, expires, ok := s.ReadToken(first.Token)
	if !ok || v != first.Visitor || expires != bot9.At(now.Add(time.Hour)) {
		t.Errorf("the token says %+v until %v, want %+v", v, expires, first.Visitor)
	}
	elsewhere := w
	elsewhere.ChatbotID = 2 << 40
	if other, _ := s.Session(&elsewhere, bot9.SessionInput{Secret: first.Secret}, now); other.Visitor.Subject == first.Visitor.Subject {
		t.Error("a visitor of one chatbot is the same at another")
	}
	for _, token := range []string{"", "bot9_vt_", "bot9_vt_AAAA", "bot9_sk_" + first.Token[8:], first.Token[:len(first.Token)-4] + "AAAA" + "!"} {
		if _, _, ok := s.ReadToken(token); ok {
			t.Errorf("%q is a token", token)
		}
	}
	if _, err := s.Session(&w, bot9.SessionInput{Secret: "bot9_vs_guess"}, now); bot9.CodeOf(err) != "invalidVisitor" {
		t.Errorf("a secret of one's own: %v", err)
	}
}

// The proof is the hex HMAC-SHA256 that any language makes: here as openssl dgst -sha256 -hmac does.
func TestIdentities(t *testing.T) {
	const proof = "cd0913a3399ab0fbfa607a4e0b6890cc2b4601629773055aadeaecd577cc7e99"
	s := service(t, "https://bot9.example")
	s.sealer = marked{}
	w := bot9.NewWidget(1 << 40)
	w.IdentitySecret = "bot9_is_secret"
	right := Proof(w.IdentitySecret, "user123")
	one, err := s.Session(&w, bot9.SessionInput{ExternalID: "user123", Hash: right, ClaimedID: "user9"}, time.Now())
	if right != proof {
		t.Errorf("the proof is %s, want %s", right, proof)
	}
	if err != nil || one.Visitor.ExternalID != "user123" || one.Visitor.ClaimedID != "" {
		t.Fatal(one, err)
	}
	other, err := s.Session(&w, bot9.SessionInput{ExternalID: "user123", Hash: right}, time.Now())
	if err != nil || other.Visitor.Subject != one.Visitor.Subject || other.Anonymous.Subject == one.Anonymous.Subject {
		t.Errorf("the same person in another browser: %v %v", other, err)
	}
	for name, in := range map[string]bot9.SessionInput{
		"no hash":        {ExternalID: "user123"},
		"no ID":          {Hash: Proof(w.IdentitySecret, "")},
		"another's hash": {ExternalID: "user123", Hash: Proof(w.IdentitySecret, "user124")},
		"another key":    {ExternalID: "user123", Hash: Proof("bot9_is_other", "user123")},
		"no hex":         {ExternalID: "user123", Hash: "user123"},
		"half":           {ExternalID: "user123", Hash: right[:32]},
	} {
		if _, err := s.Session(&w, in, time.Now()); bot9.CodeOf(err) != "identityUnproven" || bot9.KindOf(err) != bot9.Forbidden {
			t.Errorf("%s: %v", name, err)
		}
	}
	w.IdentitySecret = ""
	if _, err := s.Session(&w, bot9.SessionInput{ExternalID: "user123", Hash: Proof("", "user123")}, time.Now()); bot9.CodeOf(err) != "identityUnproven" {
		t.Errorf("without a secret: %v", err)
	}
}
