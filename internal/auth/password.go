package auth

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

// The cost of a password's hash, as the OWASP Password Storage Cheat Sheet has it for Argon2id
// (RFC 9106): 19 MiB, two passes, one lane.
const (
	argonMemory = 19 * 1024 // KiB
	argonTime   = 2
	argonLanes  = 1
	saltBytes   = 16
	hashBytes   = 32

	maxHashings = 2 // at once: each takes 19 MiB and a core for some 40 ms
)

// hasher hashes passwords, few at once.
type hasher struct {
	slots  chan struct{}
	derive func(password, salt []byte, time, memory uint32, threads uint8, keyLen uint32) []byte
	decoy  string // a hash that no password has
}

func newHasher() *hasher {
	return &hasher{
		slots:  make(chan struct{}, maxHashings),
		derive: argon2.IDKey,
		decoy:  phc(make([]byte, saltBytes), make([]byte, hashBytes)),
	}
}

// enter waits until few enough passwords are being hashed at once. Call leave when done.
func (h *hasher) enter(ctx context.Context) error {
	select {
	case h.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (h *hasher) leave() { <-h.slots }

// hash returns the hash of a new password in PHC string format.
func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	if err := h.enter(ctx); err != nil {
		return "", err
	}
	defer h.leave()
	salt := make([]byte, saltBytes)
	_, _ = rand.Read(salt) // never fails: it ends the program instead
	return phc(salt, h.derive([]byte(password), salt, argonTime, argonMemory, argonLanes, hashBytes)), nil
}

// matches tells whether the password has the hash. The caller has entered.
func (h *hasher) matches(password, encoded string) (bool, error) {
	p, err := parsePHC(encoded)
	if err != nil {
		return false, err
	}
	got := h.derive([]byte(password), p.salt, p.time, p.memory, p.lanes, uint32(len(p.hash)))
	return subtle.ConstantTimeCompare(got, p.hash) == 1, nil
}

func phc(salt, hash []byte) string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonTime, argonLanes,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(hash))
}

type parsedHash struct {
	memory, time uint32
	lanes        uint8
	salt, hash   []byte
}

var errBadHash = errors.New("auth: a stored password hash is not argon2id in PHC format")

// parsePHC reads a hash made with these or other costs, as far as they are sane.
func parsePHC(encoded string) (parsedHash, error) {
	var (
		p       parsedHash
		version int
	)
	parts := strings.Split(encoded, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" {
		return p, errBadHash
	}
	if _, err := fmt.Sscanf(parts[2], "v=%d", &version); err != nil || version != argon2.Version {
		return p, errBadHash
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &p.memory, &p.time, &p.lanes); err != nil {
		return p, errBadHash
	}
	salt, saltErr := base64.RawStdEncoding.DecodeString(parts[4])
	hash, hashErr := base64.RawStdEncoding.DecodeString(parts[5])
	sane := p.memory <= 1<<20 && p.time >= 1 && p.time <= 100 && p.lanes >= 1 && len(hash) >= 16 && len(hash) <= 128
	if saltErr != nil || hashErr != nil || !sane {
		return p, errBadHash
	}
	p.salt, p.hash = salt, hash
	return p, nil
}
