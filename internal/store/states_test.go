package store

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestStatesHaveNames: no statement names a state of the backlog by its number. Migrations do, since what
// they did once stays.
func TestStatesHaveNames(t *testing.T) {
	literal := regexp.MustCompile(`\bstate\s*(=|<>|<=|>=|<|>|IN\s*\(|THEN|ELSE)\s*\d`)
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		for _, found := range literal.FindAllString(string(source), -1) {
			t.Errorf("%s: %q: write the state's name (states.go)", file, found)
		}
	}
}
