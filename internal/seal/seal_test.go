package seal

import (
	"bytes"
	"encoding/base64"
	"strings"
	"testing"

	"github.com/bot9/bot9/internal/bot9"
)

const place = "webhook:whk_0d1vqk2m80000"

func open(t *testing.T, masterKey string) *Sealer {
	t.Helper()
	s, err := Open(masterKey)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func mustSeal(t *testing.T, s *Sealer, plain string) []byte {
	t.Helper()
	sealed, err := s.Seal([]byte(plain), place)
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

func wantUnsealed(t *testing.T, s *Sealer, sealed []byte, want string) {
	t.Helper()
	got, err := s.Unseal(sealed, place)
	if err != nil || string(got) != want {
		t.Errorf("unsealed %q, error %v; want %q", got, err, want)
	}
}

func wantUnreadable(t *testing.T, s *Sealer, sealed []byte, context string) {
	t.Helper()
	plain, err := s.Unseal(sealed, context)
	if plain != nil || bot9.CodeOf(err) != "secretUnreadable" {
		t.Errorf("unsealed %q, error %v; want secretUnreadable", plain, err)
	}
}

func TestSealAndUnseal(t *testing.T) {
	key := NewMasterKey()
	for _, plain := range []string{"whsec_c2VjcmV0", "", strings.Repeat("long ", 10_000)} {
		sealed := mustSeal(t, open(t, key), plain)
		if plain != "" && bytes.Contains(sealed, []byte(plain)) {
			t.Error("the sealed value shows the plain one")
		}
		wantUnsealed(t, open(t, key), sealed, plain) // after a restart, so to speak
	}
}

func TestSealingTwiceDiffers(t *testing.T) {
	s := open(t, NewMasterKey())
	if bytes.Equal(mustSeal(t, s, "same"), mustSeal(t, s, "same")) {
		t.Error("equal secrets look equal when sealed")
	}
}

func TestUnsealRefuses(t *testing.T) {
	key := NewMasterKey()
	s := open(t, key)
	sealed := mustSeal(t, s, "secret")
	t.Run("another context", func(t *testing.T) {
		wantUnreadable(t, s, sealed, "webhook:whk_0d1vqk2m80001")
		wantUnreadable(t, s, sealed, "")
	})
	t.Run("another key", func(t *testing.T) { wantUnreadable(t, open(t, NewMasterKey()), sealed, place) })
	t.Run("any changed byte", func(t *testing.T) {
		for i := range sealed {
			changed := bytes.Clone(sealed)
			changed[i] ^= 1
			wantUnreadable(t, s, changed, place)
		}
	})
	t.Run("any shortened value", func(t *testing.T) {
		for n := range sealed {
			wantUnreadable(t, s, sealed[:n], place)
		}
	})
}

func TestChangingTheMasterKey(t *testing.T) {
	before, after := NewMasterKey(), NewMasterKey()
	old := mustSeal(t, open(t, before), "old")
	both := open(t, after+", "+before)
	wantUnsealed(t, both, old, "old")

	sealedSince := mustSeal(t, both, "new")
	wantUnsealed(t, open(t, after), sealedSince, "new")
	wantUnreadable(t, open(t, before), sealedSince, place)
	wantUnreadable(t, open(t, after), old, place)
}

func TestMasterKeySpellings(t *testing.T) {
	raw := bytes.Repeat([]byte{0xfb, 0xef, 0xff, 0x01}, 8) // has + and / in base64
	sealed := mustSeal(t, open(t, base64.StdEncoding.EncodeToString(raw)), "secret")
	for _, encoding := range []*base64.Encoding{base64.RawStdEncoding, base64.URLEncoding, base64.RawURLEncoding} {
		wantUnsealed(t, open(t, " "+encoding.EncodeToString(raw)+"\n"), sealed, "secret")
	}
}

func TestOpenRefuses(t *testing.T) {
	key := NewMasterKey()
	for name, masterKey := range map[string]string{
		"nothing":   "",
		"too short": base64.StdEncoding.EncodeToString(make([]byte, 31)),
		"too long":  base64.StdEncoding.EncodeToString(make([]byte, 33)),
		"no base64": "correct horse battery staple",
		"no second": key + ",",
		"twice":     key + "," + key,
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Open(masterKey)
			if bot9.CodeOf(err) != "invalidSecretKey" {
				t.Fatalf("error %v, want invalidSecretKey", err)
			}
			if masterKey != "" && strings.Contains(err.Error(), masterKey) {
				t.Error("the error repeats the key")
			}
		})
	}
}

func TestNewMasterKeysDiffer(t *testing.T) {
	if first, second := NewMasterKey(), NewMasterKey(); first == second {
		t.Error("the same key twice")
	}
}
