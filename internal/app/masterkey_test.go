package app

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/seal"
)

// A database is never started with a key that can't read it, nor gets a new one made beside it.
func TestMasterKeyBelongsToTheDatabase(t *testing.T) {
	folder := t.TempDir()
	if err := os.Chmod(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	database := filepath.Join(folder, "bot9.db")
	settings := Settings{Addr: "127.0.0.1:0", DatabaseURL: "sqlite:" + database}
	start := func(settings Settings) error {
		a, err := New(t.Context(), settings, slog.New(slog.DiscardHandler))
		if err == nil {
			files, globErr := filepath.Glob(filepath.Join(folder, "*"))
			if globErr != nil || len(files) < 4 { // the log and its index among them
				t.Errorf("files %v, %v", files, globErr)
			}
			for _, name := range files {
				if about, err := os.Stat(name); err != nil || about.Mode().Perm() != 0o600 {
					t.Errorf("%s is %v, %v; want it readable by its owner only", name, about.Mode(), err)
				}
			}
			a.Close()
		}
		return err
	}
	if err := start(settings); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(folder, "master.key")
	key, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	sealer, err := seal.Open(strings.TrimSpace(string(key)))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	err = start(settings)
	if bot9.CodeOf(err) != "missingSecretKey" || !strings.Contains(err.Error(), sealer.Fingerprints()[0]) {
		t.Errorf("started without its key: %v", err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("a new key was made beside an old database")
	}
	wrong := settings
	wrong.SecretKey = seal.NewMasterKey()
	err = start(wrong)
	if bot9.CodeOf(err) != "wrongSecretKey" || !strings.Contains(err.Error(), sealer.Fingerprints()[0]) {
		t.Errorf("started with another key: %v", err)
	}
	right := settings
	right.SecretKey = wrong.SecretKey + "," + strings.TrimSpace(string(key))
	if err := start(right); err != nil {
		t.Errorf("with the new and the old key: %v", err)
	}
}
