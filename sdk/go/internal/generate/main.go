// Command generate writes the typed events of the three receiver libraries from the JSON Schemas
// of Bot9's event catalog. Run it in sdk/go: go generate ./...
package main

import (
	"fmt"
	"os"
	"path/filepath"
)

const catalogFolder = "internal/catalog/events" // from the repository's root

// output is one file to write; its path is from the repository's root.
type output struct {
	path   string
	render func([]eventType, []shape) ([]byte, error)
}

var outputs = []output{
	{"sdk/go/events.go", renderGo},
	{"sdk/typescript/src/events.ts", renderTypeScript},
	{"sdk/python/src/bot9_webhooks/events.py", renderPython},
}

func main() {
	if err := run("../.."); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

func run(root string) error {
	rendered, err := renderAll(root)
	if err != nil {
		return err
	}
	for i, out := range outputs {
		if err := os.WriteFile(filepath.Join(root, out.path), rendered[i], 0o644); err != nil {
			return err
		}
	}
	return nil
}

// renderAll returns what each of outputs should hold.
func renderAll(root string) ([][]byte, error) {
	events, err := readCatalog(filepath.Join(root, catalogFolder))
	if err != nil {
		return nil, err
	}
	shapes, err := shapesOf(events)
	if err != nil {
		return nil, err
	}
	var rendered [][]byte
	for _, out := range outputs {
		text, err := out.render(events, shapes)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", out.path, err)
		}
		rendered = append(rendered, text)
	}
	return rendered, nil
}
