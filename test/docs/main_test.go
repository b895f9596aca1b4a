package docs

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// root is the repository, seen from this package.
const root = "../.."

var (
	update  = flag.Bool("update", false, "write what is generated instead of comparing it")
	program string // the folder of the bot9 under test
)

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(run(m))
}

func run(m *testing.M) int {
	folder, err := os.MkdirTemp("", "bot9-docs-*")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(folder)
	if err := provide(filepath.Join(folder, "bot9")); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	program = folder
	return m.Run()
}

// provide puts the program at path: the one that BOT9_BIN names, or else one that it builds.
func provide(path string) error {
	if given := os.Getenv("BOT9_BIN"); given != "" {
		given, err := filepath.Abs(given)
		if err != nil {
			return err
		}
		return os.Symlink(given, path)
	}
	if out, err := exec.Command("go", "build", "-o", path, root+"/cmd/bot9").CombinedOutput(); err != nil {
		return fmt.Errorf("build bot9: %w\n%s", err, out)
	}
	return nil
}

// TestProgram looks at the program that BOT9_BIN names, so that Go's cache of results knows that they rest on it:
// what TestMain looks at goes unnoticed.
func TestProgram(t *testing.T) {
	if given := os.Getenv("BOT9_BIN"); given != "" {
		if _, err := os.Stat(given); err != nil {
			t.Error(err)
		}
	}
}
