// Package seal keeps secrets unreadable at rest: AES-256-GCM under keys derived from master keys,
// by Tink.
package seal

import (
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/aead/aesgcm"
	"github.com/tink-crypto/tink-go/v2/insecuresecretdataaccess"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/secretdata"
	"github.com/tink-crypto/tink-go/v2/tink"

	"github.com/bot9/bot9/internal/bot9"
)

const (
	keyBytes   = 32
	keyIDBytes = 4
	nonceBytes = 12
	tagBytes   = 16
	purpose    = "bot9: secrets at rest, AES-256-GCM"
)

// Sealer seals and unseals. Any number of goroutines may use it.
type Sealer struct {
	cipher       tink.AEAD
	fingerprints []string // of the master keys, the sealing one first
	prefix       []byte   // that everything sealed by the first begins with
}

// NewMasterKey returns a new master key, base64.
func NewMasterKey() string {
	key := make([]byte, keyBytes)
	_, _ = rand.Read(key) // never fails: it ends the program instead
	return base64.StdEncoding.EncodeToString(key)
}

// Open makes a Sealer from a master key: 32 bytes in base64. To change the master key, give the
// new one and, separated by a comma, the old one: the first seals, every one unseals what it
// sealed. The error has the code "invalidSecretKey" and doesn't repeat the key.
func Open(masterKey string) (*Sealer, error) {
	manager, sealer := keyset.NewManager(), &Sealer{}
	for i, text := range strings.Split(masterKey, ",") {
		master, err := decode(strings.TrimSpace(text))
		if err != nil {
			return nil, err
		}
		key, err := derive(master)
		if err != nil {
			return nil, err
		}
		id, err := manager.AddKey(key)
		if err != nil {
			return nil, bot9.Errorf(bot9.Invalid, "invalidSecretKey", "the list of secret keys names one key twice")
		}
		sealer.fingerprints = append(sealer.fingerprints, fingerprint(key))
		if i == 0 {
			sealer.prefix = key.OutputPrefix()
			if err := manager.SetPrimary(id); err != nil {
				return nil, fmt.Errorf("seal: choosing the sealing key: %w", err)
			}
		}
	}
	handle, err := manager.Handle()
	if err != nil {
		return nil, fmt.Errorf("seal: making the keyset: %w", err)
	}
	if sealer.cipher, err = aead.New(handle); err != nil {
		return nil, fmt.Errorf("seal: making the cipher: %w", err)
	}
	return sealer, nil
}

// Fingerprints name the master keys, the one that seals first, without telling anything of them.
func (s *Sealer) Fingerprints() []string { return s.fingerprints }

// Prefix is what every value begins with that the first master key has sealed.
func (s *Sealer) Prefix() []byte { return s.prefix }

// fingerprint is the ID of the key derived from a master key, which everything sealed shows anyway.
func fingerprint(key *aesgcm.Key) string {
	id, _ := key.IDRequirement()
	return fmt.Sprintf("%08x", id)
}

// Seal encrypts plain for one place, such as "webhook:whk_0d1vqk2m80000". It can only be unsealed
// for the same place, so that a sealed value moved to another row is of no use. The result begins
// with the ID of the key that sealed it.
func (s *Sealer) Seal(plain []byte, context string) ([]byte, error) {
	sealed, err := s.cipher.Encrypt(plain, []byte(context))
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	return sealed, nil
}

// Unseal returns what Seal was given. It fails, with the code "secretUnreadable", if the context
// is another one, the key isn't there, or a bit was changed.
func (s *Sealer) Unseal(sealed []byte, context string) ([]byte, error) {
	plain, err := s.cipher.Decrypt(sealed, []byte(context))
	if err != nil { // Tink's error says no more than that it failed
		return nil, bot9.Errorf(bot9.Internal, "secretUnreadable",
			"a stored secret can't be read: it was sealed with another secret key or for another place, or it was changed")
	}
	return plain, nil
}

// decode takes standard and URL-safe base64, with and without padding.
func decode(text string) ([]byte, error) {
	text = strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimRight(text, "="))
	key, err := base64.RawStdEncoding.DecodeString(text)
	if err != nil || len(key) != keyBytes {
		return nil, bot9.Errorf(bot9.Invalid, "invalidSecretKey", "the secret key must be %d bytes in base64", keyBytes)
	}
	return key, nil
}

// derive makes the cipher's key and its ID from a master key (HKDF, RFC 5869). The same master key
// always gives the same, and what is known of one tells nothing of the other.
func derive(master []byte) (*aesgcm.Key, error) {
	material, err := hkdf.Key(sha256.New, master, nil, purpose, keyBytes+keyIDBytes)
	if err != nil {
		return nil, fmt.Errorf("seal: deriving the key: %w", err)
	}
	parameters, err := aesgcm.NewParameters(aesgcm.ParametersOpts{
		KeySizeInBytes: keyBytes, IVSizeInBytes: nonceBytes, TagSizeInBytes: tagBytes, Variant: aesgcm.VariantTink,
	})
	if err != nil {
		return nil, fmt.Errorf("seal: cipher parameters: %w", err)
	}
	secret := secretdata.NewBytesFromData(material[:keyBytes], insecuresecretdataaccess.Token{})
	key, err := aesgcm.NewKey(secret, binary.BigEndian.Uint32(material[keyBytes:]), parameters)
	if err != nil {
		return nil, fmt.Errorf("seal: making the key: %w", err)
	}
	return key, nil
}
