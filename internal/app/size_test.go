package app_test

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// What a reader can hold in mind at once.
const (
	maxFileLines  = 500
	maxFuncLines  = 60
	maxComplexity = 15 // branches, loops, cases, and conditions joined by && or ||, and one
)

// growing are packages that are being built on. Until they settle, a function there may be half as large again, and a
// file of tests too.
var growing = []string{"internal/answering/", "internal/api/", "internal/app/", "internal/chat/", "internal/knowledge/", "internal/visitor/"}

// leeway is how many times the limits a file may use.
func leeway(name string) float64 {
	for _, prefix := range growing {
		if strings.HasPrefix(name, prefix) {
			return 1.5
		}
	}
	return 1
}

// longerWithReason are functions that may be longer or more branched, each with the reason.
var longerWithReason = map[string]string{
	"internal/meaning/makemodel/main.go tokenizer": "reads a file of the model's format, with a case for each field",
	"sdk/go/internal/generate/schema.go kind":      "one switch, with a case for each type of JSON Schema",
}

// TestSizes keeps files and functions small enough to be read at once. Tests may have long functions: a story is
// told in one.
func TestSizes(t *testing.T) {
	unused := map[string]bool{}
	for name := range longerWithReason {
		unused[name] = true
	}
	err := filepath.WalkDir("../..", func(path string, entry fs.DirEntry, err error) error {
		name := filepath.ToSlash(strings.TrimPrefix(path, "../../"))
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (entry.Name() == "node_modules" || strings.HasPrefix(entry.Name(), ".") && path != "../.."):
			return filepath.SkipDir
		case entry.IsDir() || !strings.HasSuffix(path, ".go"):
			return nil
		}
		source, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		lines, limit := bytes.Count(source, []byte("\n")), maxFileLines*leeway(name)
		if float64(lines) > limit {
			t.Errorf("%s has %d lines, more than %.0f", name, lines, limit)
		}
		if strings.HasSuffix(path, "_test.go") || strings.HasPrefix(name, "internal/store/storetest/") {
			return nil
		}
		for _, wrong := range largeFunctions(t, path, source, leeway(name)) {
			function := name + " " + wrong.name
			if longerWithReason[function] != "" {
				delete(unused, function)
				continue
			}
			t.Errorf("%s: %s", function, wrong.why)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for name := range unused {
		t.Errorf("%s is small by now: remove its exception", name)
	}
}

type largeFunction struct{ name, why string }

func largeFunctions(t *testing.T, path string, source []byte, leeway float64) (found []largeFunction) {
	t.Helper()
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, path, source, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, declaration := range file.Decls {
		function, ok := declaration.(*ast.FuncDecl)
		if !ok {
			continue
		}
		if lines := files.Position(function.End()).Line - files.Position(function.Pos()).Line + 1; float64(lines) > maxFuncLines*leeway {
			found = append(found, largeFunction{function.Name.Name, strconv.Itoa(lines) + " lines, more than " + strconv.Itoa(maxFuncLines)})
		} else if branches := complexity(function); float64(branches) > maxComplexity*leeway {
			found = append(found, largeFunction{function.Name.Name, "complexity " + strconv.Itoa(branches) + ", more than " + strconv.Itoa(maxComplexity)})
		}
	}
	return found
}

// complexity is McCabe's number of paths, closures included.
func complexity(function *ast.FuncDecl) int {
	paths := 1
	ast.Inspect(function, func(node ast.Node) bool {
		switch n := node.(type) {
		case *ast.IfStmt, *ast.ForStmt, *ast.RangeStmt:
			paths++
		case *ast.CaseClause:
			if n.List != nil {
				paths++
			}
		case *ast.CommClause:
			if n.Comm != nil {
				paths++
			}
		case *ast.BinaryExpr:
			if n.Op == token.LAND || n.Op == token.LOR {
				paths++
			}
		}
		return true
	})
	return paths
}

// TestComplexityCounts shows that the measure sees what it is to see.
func TestComplexityCounts(t *testing.T) {
	const source = `package p
func f(a, b bool, c chan int) {
	if a && b || !a {
		for range 3 {
		}
	}
	switch { case a: default: }
	select { case <-c: default: }
	func() { if b { } }()
}`
	file, err := parser.ParseFile(token.NewFileSet(), "p.go", source, 0)
	if err != nil {
		t.Fatal(err)
	}
	if got := complexity(file.Decls[0].(*ast.FuncDecl)); got != 8 {
		t.Errorf("the complexity is %d, not 8", got)
	}
}
