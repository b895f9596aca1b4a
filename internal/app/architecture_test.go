package app_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/bot9/bot9/"

type goPackage struct {
	ImportPath string
	Imports    []string
	Standard   bool
}

// TestDirections holds the code against the directions that ARCHITECTURE.md gives: what may import
// what. Tests are free to import anything.
func TestDirections(t *testing.T) {
	siblings := []string{"answering", "api", "auth", "chat", "delivery", "knowledge", "meaning", "presence", "receiver", "seal", "store", "visitor", "webhook"}
	everywhere := []string{"bot9", "catalog", "lifecycle", "phrase", "policy"}
	seen := map[string]bool{}
	for _, p := range listPackages(t) {
		name := strings.TrimPrefix(p.ImportPath, module)
		seen[name] = true
		for _, imported := range p.Imports {
			own, isOwn := strings.CutPrefix(imported, module)
			target := strings.TrimPrefix(own, "internal/")
			report := func(rule string) { t.Errorf("%s imports %s: %s", name, imported, rule) }
			switch name {
			case "internal/bot9":
				if !isStandard(imported) {
					report("the vocabulary imports the standard library only")
				}
				forbidIO(imported, report)
			case "internal/lifecycle":
				if !isStandard(imported) && target != "bot9" {
					report("the life of a delivery imports the vocabulary and the standard library only")
				}
				forbidIO(imported, report)
			case "internal/policy":
				if !isStandard(imported) && target != "bot9" && target != "lifecycle" {
					report("policy imports the vocabulary, lifecycle and the standard library only")
				}
				forbidIO(imported, report)
			case "internal/store/group":
				if !isStandard(imported) {
					report("the queue before the writer knows no table, and imports the standard library only")
				}
			case "internal/catalog":
				if isOwn && target != "bot9" {
					report("the catalog imports the vocabulary only")
				}
			}
			if sibling, ok := strings.CutPrefix(name, "internal/"); ok && slices.Contains(siblings, sibling) &&
				isOwn && !slices.Contains(everywhere, target) && !strings.HasPrefix(target, sibling+"/") {
				report("siblings don't know each other; declare the interface you need")
			}
			if isOwn && target == "store" && name != "internal/app" && !strings.HasPrefix(name, "internal/store") && name != "cmd/bot9" {
				report("only app knows the store")
			}
			if isOwn && target == "app" && name != "cmd/bot9" {
				report("nothing is above app but the program")
			}
			isSQL := imported == "database/sql" || strings.HasPrefix(imported, "github.com/ncruces/go-sqlite3") || strings.HasPrefix(imported, "github.com/jackc/pgx")
			// The power-cut test is a file system under SQLite; test/postgres starts servers for tests,
			// test/bigtables fills databases to measure them, and bench/bare is what the store is compared with.
			if isSQL && !strings.HasPrefix(name, "internal/store") &&
				!slices.Contains([]string{"test/powercut", "test/postgres", "test/bigtables", "bench/bare"}, name) {
				report("SQL is in the store")
			}
			if strings.HasPrefix(imported, "github.com/danielgtaylor/huma") && name != "internal/api" {
				report("the API framework stays in api")
			}
		}
	}
	for _, sibling := range slices.Concat(siblings, everywhere) {
		if !seen["internal/"+sibling] {
			t.Errorf("there is no package internal/%s any more: bring the rules up to date", sibling)
		}
	}
}

// forbidIO reports packages that do I/O.
func forbidIO(imported string, report func(string)) {
	switch first, _, _ := strings.Cut(imported, "/"); first {
	case "os", "net", "io", "bufio", "syscall", "log":
		if imported != "net/http" && imported != "net/url" { // policy takes the names of status codes from it
			report("it does no I/O")
		}
	}
}

func isStandard(imported string) bool {
	first, _, _ := strings.Cut(imported, "/")
	return !strings.Contains(first, ".")
}

func listPackages(t *testing.T) []goPackage {
	t.Helper()
	command := exec.Command("go", "list", "-json=ImportPath,Imports,Standard", "./...")
	command.Dir = "../.."
	var stderr bytes.Buffer
	command.Stderr = &stderr
	out, err := command.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.String())
	}
	var packages []goPackage
	decoder := json.NewDecoder(bytes.NewReader(out))
	for {
		var p goPackage
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return packages
		} else if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
}
