package bot9hooks

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// The headers of a delivery, as Standard Webhooks names them.
const (
	HeaderID        = "webhook-id"
	HeaderTimestamp = "webhook-timestamp"
	HeaderSignature = "webhook-signature"
)

// DefaultTolerance is how far the time of signing may be from now, in either direction.
const DefaultTolerance = 5 * time.Minute

const (
	secretPrefix    = "whsec_"
	publicKeyPrefix = "whpk_"
)

// At most 15 digits, so that every language's numbers hold it; in the one way to write a number,
// so that what is compared is what was signed.
var timestampPattern = regexp.MustCompile(`^(0|[1-9][0-9]{0,14})$`)

// Verifier checks signatures. Only Secrets must be set.
type Verifier struct {
	// Secrets are the webhook's secrets, each "whsec_" and base64, or its public keys ("whpk_" and
	// base64), which check the scheme v1a. A delivery is good if it is signed with any of them;
	// during a rotation give the old and the new one.
	Secrets []string
	// Tolerance is DefaultTolerance if zero.
	Tolerance time.Duration
	// Now is time.Now if nil.
	Now func() time.Time
}

// Verify checks that body, byte for byte as received, was signed with one of the secrets in the
// last five minutes. The error is a *WebhookError.
func Verify(body []byte, header http.Header, secrets ...string) error {
	return Verifier{Secrets: secrets}.Verify(body, header)
}

// Verify checks that body, byte for byte as received, was signed with one of the secrets within
// the tolerance. The error is a *WebhookError.
func (v Verifier) Verify(body []byte, header http.Header) error {
	keys, err := parseSecrets(v.Secrets)
	if err != nil {
		return err
	}
	id, timestamp, signatures := header.Get(HeaderID), header.Get(HeaderTimestamp), header.Get(HeaderSignature)
	if id == "" || timestamp == "" || signatures == "" {
		return &WebhookError{MissingHeader, "webhook-id, webhook-timestamp and webhook-signature must all be there"}
	}
	if err := v.checkTime(timestamp); err != nil {
		return err
	}
	for _, key := range keys {
		matches := key.matcher(id, timestamp, body)
		for signature := range strings.SplitSeq(signatures, " ") {
			if matches(signature) {
				return nil
			}
		}
	}
	return &WebhookError{
		NoMatchingSignature,
		"no signature matches: the secret is another webhook's, or the body is not the bytes that were sent",
	}
}

func (v Verifier) checkTime(timestamp string) error {
	if !timestampPattern.MatchString(timestamp) {
		return &WebhookError{InvalidTimestamp, "webhook-timestamp is not a Unix time in seconds"}
	}
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil {
		return &WebhookError{InvalidTimestamp, "webhook-timestamp is not a Unix time in seconds"}
	}
	now, tolerance := time.Now, DefaultTolerance
	if v.Now != nil {
		now = v.Now
	}
	if v.Tolerance != 0 {
		tolerance = v.Tolerance
	}
	age := now().Sub(time.Unix(seconds, 0))
	if age > tolerance {
		return &WebhookError{TimestampTooOld, "webhook-timestamp is too long ago"}
	}
	if age < -tolerance {
		return &WebhookError{TimestampTooNew, "webhook-timestamp is in the future"}
	}
	return nil
}

// Sign returns the headers of a delivery of body, as Bot9 would sign it: for tests of a receiver.
// Nobody but Bot9 can sign what a public key checks. The error is a *WebhookError.
func Sign(body []byte, id string, at time.Time, secrets ...string) (http.Header, error) {
	keys, err := parseSecrets(secrets)
	if err != nil {
		return nil, err
	}
	timestamp := strconv.FormatInt(at.Unix(), 10)
	signatures := make([]string, 0, len(keys))
	for _, key := range keys {
		if key.public != nil {
			return nil, &WebhookError{InvalidSecret, "a public key checks signatures, and makes none"}
		}
		signatures = append(signatures, sign(key.secret, id, timestamp, body))
	}
	header := http.Header{}
	header.Set(HeaderID, id)
	header.Set(HeaderTimestamp, timestamp)
	header.Set(HeaderSignature, strings.Join(signatures, " "))
	return header, nil
}

// sign returns the signature as it stands in the header.
func sign(key []byte, id, timestamp string, body []byte) string {
	mac := hmac.New(sha256.New, key)
	mac.Write(signedContent(id, timestamp, body))
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func signedContent(id, timestamp string, body []byte) []byte {
	return append([]byte(id+"."+timestamp+"."), body...)
}

// key is a secret or a public key.
type key struct {
	secret []byte
	public ed25519.PublicKey
}

// matcher returns what tells whether a signature, as it stands in the header, is the key's.
func (k key) matcher(id, timestamp string, body []byte) func(string) bool {
	if k.public == nil {
		want := []byte(sign(k.secret, id, timestamp, body))
		return func(signature string) bool { return hmac.Equal([]byte(signature), want) }
	}
	content := signedContent(id, timestamp, body)
	checked := 0
	return func(signature string) bool {
		encoded, ok := strings.CutPrefix(signature, "v1a,")
		if !ok || len(encoded) != base64.StdEncoding.EncodedLen(ed25519.SignatureSize) {
			return false
		}
		if checked++; checked > maxSignatures {
			return false
		}
		raw, err := base64.StdEncoding.Strict().DecodeString(encoded)
		return err == nil && ed25519.Verify(k.public, content, raw)
	}
}

// maxSignatures bounds the work that a forged header can cause.
const maxSignatures = 16

// parseSecrets turns secrets and public keys into keys. One bad one spoils all: it is a mistake in the
// receiver's settings that would otherwise show only when the good one is rotated away.
func parseSecrets(secrets []string) ([]key, error) {
	keys := make([]key, 0, len(secrets))
	for _, secret := range secrets {
		if encoded, ok := strings.CutPrefix(secret, publicKeyPrefix); ok {
			raw, err := base64.StdEncoding.Strict().DecodeString(encoded)
			if err != nil || len(raw) != ed25519.PublicKeySize || strings.ContainsAny(secret, "\r\n") {
				return nil, &WebhookError{InvalidSecret, `a public key must be "whpk_" followed by the base64 of 32 bytes, and nothing else`}
			}
			keys = append(keys, key{public: raw})
			continue
		}
		encoded, ok := strings.CutPrefix(secret, secretPrefix)
		raw, err := base64.StdEncoding.DecodeString(encoded)
		if !ok || err != nil || len(raw) == 0 || strings.ContainsAny(secret, "\r\n") {
			return nil, &WebhookError{InvalidSecret, `a secret must be "whsec_" followed by base64, and nothing else`}
		}
		keys = append(keys, key{secret: raw})
	}
	if len(keys) == 0 {
		return nil, &WebhookError{InvalidSecret, "give at least one secret"}
	}
	return keys, nil
}
