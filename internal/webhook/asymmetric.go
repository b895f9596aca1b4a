package webhook

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"strconv"
	"strings"

	"github.com/bot9/bot9/internal/bot9"
)

// The asymmetric scheme of the Standard Webhooks specification: what a private key signs, anybody can check by
// its public key, and forge nothing. Only the server ever has the private key.
const (
	signingKeyPrefix = "whsk_" // and the base64 of a private ed25519 key (RFC 8032): seed and public key
	publicKeyPrefix  = "whpk_" // and the base64 of a public one

	asymmetricVersion = bot9.SignatureV1a + ","
)

var asymmetricLength = len(asymmetricVersion) + signatureEncoding.EncodedLen(ed25519.SignatureSize)

// NewSigningKey makes a key for the scheme v1a: "whsk_" and "whpk_", each followed by base64.
func NewSigningKey() (private, public string) {
	key, signing, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		panic(err) // crypto/rand never fails
	}
	return signingKeyPrefix + signatureEncoding.EncodeToString(signing), publicKeyPrefix + signatureEncoding.EncodeToString(key)
}

// WithSigningKey returns the key, which also signs with a private key that NewSigningKey made.
func (k Key) WithSigningKey(private string) (Key, error) {
	encoded, ok := strings.CutPrefix(private, signingKeyPrefix)
	raw, err := signatureEncoding.DecodeString(encoded)
	if !ok || err != nil || len(raw) != ed25519.PrivateKeySize {
		return Key{}, errors.New("a webhook's signing key can't be read")
	}
	k.private = raw
	return k, nil
}

// parsePublicKey reads a public key in the form that NewSigningKey gives it.
func parsePublicKey(public string) (ed25519.PublicKey, error) {
	encoded, ok := strings.CutPrefix(public, publicKeyPrefix)
	raw, err := signatureEncoding.DecodeString(encoded)
	if !ok || err != nil || len(raw) != ed25519.PublicKeySize || strings.ContainsAny(encoded, "\r\n") { // the decoder skips line ends
		return nil, bot9.Errorf(bot9.Invalid, "invalidSecret", "A public key is %s and the base64 of %d bytes.", publicKeyPrefix, ed25519.PublicKeySize)
	}
	return raw, nil
}

// appendAsymmetric appends " v1a," and the base64 of the signature.
func (k Key) appendAsymmetric(dst []byte, id string, timestamp int64, body []byte) []byte {
	signature := ed25519.Sign(k.private, signedContent(id, timestamp, body))
	return signatureEncoding.AppendEncode(append(append(dst, ' '), asymmetricVersion...), signature)
}

// signedPublicly tells whether one of the signatures was made with the private key of the public one.
func signedPublicly(key ed25519.PublicKey, signatures string, content []byte) bool {
	checked := 0
	for signature := range strings.SplitSeq(signatures, " ") {
		if len(signature) != asymmetricLength || !strings.HasPrefix(signature, asymmetricVersion) {
			continue
		}
		if checked++; checked > maxSignatures {
			return false
		}
		raw, err := signatureEncoding.DecodeString(signature[len(asymmetricVersion):])
		if err == nil && ed25519.Verify(key, content, raw) {
			return true
		}
	}
	return false
}

func signedContent(id string, timestamp int64, body []byte) []byte {
	return bytes.Join([][]byte{[]byte(id), strconv.AppendInt(nil, timestamp, 10), body}, []byte{'.'})
}
