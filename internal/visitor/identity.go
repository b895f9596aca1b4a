package visitor

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/bot9/bot9/internal/bot9"
)

// secretPrefix marks the lasting secrets of visitors; two random texts of 26 characters follow.
const (
	secretPrefix = "bot9_vs_"
	secretLength = len(secretPrefix) + 52
)

// newSecret makes a lasting secret.
func newSecret() string { return secretPrefix + rand.Text() + rand.Text() }

// isSecret tells whether a text looks like a lasting secret.
func isSecret(text string) bool {
	rest, ok := strings.CutPrefix(text, secretPrefix)
	return ok && len(text) == secretLength && strings.Trim(rest, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") == ""
}

// anonymous is the subject of a visitor with a lasting secret: another one at every chatbot.
func anonymous(chatbot bot9.ChatbotID, secret string) bot9.Subject {
	return sha256.Sum256([]byte("secret\n" + chatbot.String() + "\n" + secret))
}

// proven is the subject of everybody who has proven the same external ID.
func proven(chatbot bot9.ChatbotID, externalID string) bot9.Subject {
	return sha256.Sum256([]byte("external\n" + chatbot.String() + "\n" + externalID))
}

// Proof is what proves an external ID: the hex HMAC-SHA256 of it with the chatbot's identity secret.
func Proof(identitySecret, externalID string) string {
	mac := hmac.New(sha256.New, []byte(identitySecret))
	mac.Write([]byte(externalID))
	return hex.EncodeToString(mac.Sum(nil))
}

// checkProof refuses a wrong proof, and one that is missing, with Forbidden "identityUnproven".
func checkProof(identitySecret, externalID, hash string) error {
	given, err := hex.DecodeString(hash)
	expected, _ := hex.DecodeString(Proof(identitySecret, externalID))
	if identitySecret == "" || externalID == "" || err != nil || !hmac.Equal(given, expected) {
		return bot9.Errorf(bot9.Forbidden, "identityUnproven",
			"The hash does not prove this externalId: it must be the hex HMAC-SHA256 of the externalId with the chatbot's identitySecret.")
	}
	return nil
}
