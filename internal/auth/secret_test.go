package auth

import (
	"hash/crc32"
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

func TestTheChecksumIsTheSumInBase62(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text")
		want := base62(big.NewInt(int64(crc32.ChecksumIEEE([]byte(text)))), checksumChars)
		if got := checksum(text); got != want {
			t.Fatalf("the checksum of %q is %s, want %s", text, got, want)
		}
	})
}
