package e2e

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// binary is the program under test.
var binary string

func TestMain(m *testing.M) {
	flag.Parse()
	// Each story has a server of its own, which wants a processor; more at once only wait.
	if err := flag.Set("test.parallel", "2"); err != nil {
		panic(err)
	}
	os.Exit(run(m))
}

func run(m *testing.M) int {
	folder, err := os.MkdirTemp("", "bot9-e2e-*")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(folder)
	if binary, err = provide(filepath.Join(folder, "bot9")); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

// provide puts the program at path, where scripts find it under its name.
func provide(path string) (string, error) {
	if given := os.Getenv("BOT9_BIN"); given != "" {
		given, err := filepath.Abs(given)
		if err != nil {
			return "", err
		}
		return path, os.Symlink(given, path)
	}
	build := exec.Command("go", "build", "-o", path, "../../cmd/bot9")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build bot9: %w\n%s", err, out)
	}
	return path, nil
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
