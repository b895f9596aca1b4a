package webhook

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"hash"
	"strconv"
	"strings"
	"sync"

	"github.com/bot9/bot9/internal/bot9"
)

// The shape of a secret, from the Standard Webhooks specification:
// https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
const (
	secretPrefix   = "whsec_"
	minSecretBytes = 24
	maxSecretBytes = 64
	newSecretBytes = 32

	signatureVersion = "v1,"
)

// signatureEncoding refuses text that decodes to the same bytes as the canonical one.
var signatureEncoding = base64.StdEncoding.Strict()

// Key is a secret made ready for signing. It is safe for concurrent use.
type Key struct {
	signers *sync.Pool
	private ed25519.PrivateKey // for the scheme v1a; nil without it
}

// signer is a keyed hash with room for what it is fed and what it yields, so that signing
// allocates nothing.
type signer struct {
	mac     hash.Hash
	prefix  []byte
	sum     [sha256.Size]byte
	encoded [44]byte // base64 of sum
}

// NewSecret makes a secret of 32 random bytes in the form "whsec_" + base64.
func NewSecret() string {
	var raw [newSecretBytes]byte
	_, _ = rand.Read(raw[:]) // never fails; crypto/rand ends the process instead
	return secretPrefix + signatureEncoding.EncodeToString(raw[:])
}

// ParseSecret reads a secret: "whsec_" + base64 of 24 to 64 bytes. Its errors don't repeat it.
func ParseSecret(secret string) (Key, error) {
	encoded, ok := strings.CutPrefix(secret, secretPrefix)
	if !ok {
		return Key{}, bot9.Errorf(bot9.Invalid, "invalidSecret", "A webhook's secret begins with %s.", secretPrefix)
	}
	raw, err := signatureEncoding.DecodeString(encoded)
	if err != nil || strings.ContainsAny(encoded, "\r\n") { // the decoder skips line ends
		return Key{}, bot9.Errorf(bot9.Invalid, "invalidSecret", "What follows %s in the secret is not base64.", secretPrefix)
	}
	if len(raw) < minSecretBytes || len(raw) > maxSecretBytes {
		return Key{}, bot9.Errorf(bot9.Invalid, "invalidSecret", "The secret has %d bytes; it must have %d to %d.",
			len(raw), minSecretBytes, maxSecretBytes)
	}
	return Key{signers: &sync.Pool{New: func() any {
		return &signer{mac: hmac.New(sha256.New, raw), prefix: make([]byte, 0, 64)}
	}}}, nil
}

// Sign appends the value of the webhook-signature header to dst: for each key "v1," and the
// base64 HMAC-SHA256 of "id.timestamp.body", and for a key that has a signing key "v1a," and the base64 ed25519
// signature of the same, separated by spaces. The timestamp is in Unix seconds.
func Sign(dst []byte, keys []Key, id string, timestamp int64, body []byte) []byte {
	for i, key := range keys {
		if i > 0 {
			dst = append(dst, ' ')
		}
		dst = append(dst, signatureVersion...)
		s := key.signers.Get().(*signer)
		s.compute(id, timestamp, body)
		signatureEncoding.Encode(s.encoded[:], s.sum[:])
		dst = append(dst, s.encoded[:]...)
		key.signers.Put(s)
		if key.private != nil {
			dst = key.appendAsymmetric(dst, id, timestamp, body)
		}
	}
	return dst
}

// compute puts the MAC of "id.timestamp.body" into s.sum.
func (s *signer) compute(id string, timestamp int64, body []byte) {
	s.prefix = append(s.prefix[:0], id...)
	s.prefix = append(s.prefix, '.')
	s.prefix = strconv.AppendInt(s.prefix, timestamp, 10)
	s.prefix = append(s.prefix, '.')
	s.mac.Reset()
	s.mac.Write(s.prefix)
	s.mac.Write(body)
	s.mac.Sum(s.sum[:0])
}
