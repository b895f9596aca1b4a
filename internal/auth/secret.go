package auth

import (
	"crypto/rand"
	"hash/crc32"
	"math/big"
	"slices"
	"strings"

	"github.com/bot9/bot9/internal/bot9"
)

// A secret key is the prefix, 32 random bytes and a checksum, so that secret scanners know it for
// certain and a typo needs no look-up. Both are base62 of fixed length.
const (
	secretPrefix   = "bot9_sk_"
	randomChars    = 43 // 62^43 > 2^256
	checksumChars  = 6  // 62^6 > 2^32
	secretChars    = len(secretPrefix) + randomChars + checksumChars
	secretHintTail = 4
)

// NewKey makes a secret key: the secret to be shown once, and what is to be stored.
func (s *Service) NewKey(name string) (secret string, key bot9.NewKey) {
	random := make([]byte, 32)
	_, _ = rand.Read(random) // never fails: it ends the program instead
	secret = secretPrefix + base62(new(big.Int).SetBytes(random), randomChars)
	secret += checksum(secret)
	return secret, bot9.NewKey{Name: name, Hash: hashOf(secret), Hint: secret[len(secret)-secretHintTail:]}
}

// wellFormed tells whether NewKey could have made the secret.
func wellFormed(secret string) bool {
	if len(secret) != secretChars || !strings.HasPrefix(secret, secretPrefix) {
		return false
	}
	body := secret[:secretChars-checksumChars]
	return secret[len(body):] == checksum(body)
}

// checksum is made for every request, so it does without base62's big numbers.
func checksum(text string) string {
	var digits [checksumChars]byte
	sum := crc32.ChecksumIEEE([]byte(text))
	for i := range slices.Backward(digits[:]) {
		digits[i] = digits62[sum%62]
		sum /= 62
	}
	return string(digits[:])
}

// digits62 are those of big.Int.Text.
const digits62 = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

func base62(n *big.Int, chars int) string {
	digits := n.Text(62)
	return strings.Repeat("0", chars-len(digits)) + digits
}
