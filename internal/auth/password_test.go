package auth

import (
	"context"
	"errors"
	"strings"
	"testing"
)

func TestPasswordHash(t *testing.T) {
	h := newHasher()
	encoded, err := h.hash(t.Context(), "correct horse")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(encoded, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("hash %q is not argon2id with the costs wanted", encoded)
	}
	for password, want := range map[string]bool{"correct horse": true, "Correct horse": false, "": false} {
		if got, err := h.matches(password, encoded); got != want || err != nil {
			t.Errorf("%q matches: %v, %v; want %v", password, got, err, want)
		}
	}
	again, err := h.hash(t.Context(), "correct horse")
	if err != nil || again == encoded {
		t.Errorf("the same password has the same hash twice (error %v): there is no salt", err)
	}
}

// The hash of RFC 9106's reference implementation for other costs than ours.
func TestPasswordHashWithOtherCosts(t *testing.T) {
	const reference = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
	if ok, err := newHasher().matches("password", reference); !ok || err != nil {
		t.Errorf("matches: %v, %v", ok, err)
	}
}

func TestBadPasswordHashes(t *testing.T) {
	for _, encoded := range []string{
		"", "plain", "$2a$10$abcdefghijklmnopqrstuv", "$argon2i$v=19$m=19456,t=2,p=1$AAAA$AAAA",
		"$argon2id$v=18$m=19456,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
		"$argon2id$v=19$m=4294967295,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
		"$argon2id$v=19$m=65536,t=0,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
		"$argon2id$v=19$m=65536,t=2,p=0$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
		"$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$", "$argon2id$v=19$m=65536,t=2,p=1$!$!",
	} {
		if ok, err := newHasher().matches("", encoded); ok || !errors.Is(err, errBadHash) {
			t.Errorf("%q: matches %v, error %v", encoded, ok, err)
		}
	}
}

func TestFewHashingsAtOnce(t *testing.T) {
	h := newHasher()
	for range maxHashings {
		if err := h.enter(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := h.hash(ctx, "correct horse"); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want it to have waited for a place until its context ended", err)
	}
	h.leave()
	if _, err := h.hash(t.Context(), "correct horse"); err != nil {
		t.Error(err)
	}
}
