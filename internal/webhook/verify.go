package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

// DefaultTolerance is how far a delivery's timestamp may be from the receiver's clock, as the
// Standard Webhooks libraries have it.
const DefaultTolerance = 5 * time.Minute

// maxSignatures bounds the work that a forged header can cause; a sender has one signature per
// valid secret.
const maxSignatures = 16

// Verify tells whether a delivery's headers carry a signature of body by one of the secrets or public keys, made
// no further than tolerance from now. It compares in constant time.
//
// Its errors are of kind Unauthorized, with the code signatureMissing (a header is absent),
// signatureInvalid (no signature fits), timestampInvalid, timestampTooOld or timestampTooNew; or
// of kind Invalid, code invalidSecret.
func Verify(secrets []string, headers http.Header, body []byte, now time.Time, tolerance time.Duration) error {
	id, signatures := headers.Get(headerID), headers.Get(headerSignature)
	for _, name := range []string{headerID, headerTimestamp, headerSignature} {
		if headers.Get(name) == "" {
			return bot9.Errorf(bot9.Unauthorized, "signatureMissing", "The header %s is missing.", strings.ToLower(name))
		}
	}
	timestamp, ok := parseTimestamp(headers.Get(headerTimestamp))
	if !ok {
		return bot9.Errorf(bot9.Unauthorized, "timestampInvalid", "The header webhook-timestamp is not a number of Unix seconds.")
	}
	matched := false
	for _, secret := range secrets {
		if strings.HasPrefix(secret, publicKeyPrefix) {
			key, err := parsePublicKey(secret)
			if err != nil {
				return err
			}
			matched = signedPublicly(key, signatures, signedContent(id, timestamp, body)) || matched
			continue
		}
		key, err := ParseSecret(secret)
		if err != nil {
			return err
		}
		matched = key.matches(signatures, id, timestamp, body) || matched
	}
	if !matched {
		return bot9.Errorf(bot9.Unauthorized, "signatureInvalid",
			"No signature fits. Check that the secret is this webhook's, and that the body is exactly what was sent, byte for byte.")
	}
	return checkAge(now.Sub(time.Unix(timestamp, 0)), tolerance)
}

// parseTimestamp reads a number of Unix seconds in the one way to write it, so that what is compared
// is what was signed; of at most 15 digits, as the receiver libraries have it.
func parseTimestamp(text string) (seconds int64, ok bool) {
	seconds, err := strconv.ParseInt(text, 10, 64)
	return seconds, err == nil && seconds >= 0 && seconds < 1e15 && strconv.FormatInt(seconds, 10) == text
}

// matches tells whether one of the signatures is the key's.
func (k Key) matches(signatures, id string, timestamp int64, body []byte) bool {
	s := k.signers.Get().(*signer)
	defer k.signers.Put(s)
	s.compute(id, timestamp, body)
	matched, count := false, 0
	for signature := range strings.SplitSeq(signatures, " ") {
		encoded, ok := strings.CutPrefix(signature, signatureVersion)
		if count++; !ok || count > maxSignatures || len(encoded) != len(s.encoded) {
			continue
		}
		var given [sha256.Size + 1]byte // base64 of 44 characters can hold one byte more
		n, err := signatureEncoding.Decode(given[:], []byte(encoded))
		matched = err == nil && hmac.Equal(given[:n], s.sum[:]) || matched
	}
	return matched
}

func checkAge(age, tolerance time.Duration) error {
	switch {
	case age > tolerance:
		return bot9.Errorf(bot9.Unauthorized, "timestampTooOld",
			"The signature fits, but was made %s ago; more than %s is refused.", age.Round(time.Second), tolerance)
	case age < -tolerance:
		return bot9.Errorf(bot9.Unauthorized, "timestampTooNew",
			"The signature fits, but is dated %s in the future; check this machine's clock.", (-age).Round(time.Second))
	}
	return nil
}
