package docs

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// page is a Markdown file.
type page struct {
	path   string // from the repository's root
	text   string
	blocks []block
}

// block is a fenced code block.
type block struct {
	line     int // of its first line of code
	language string
	marker   string // what the HTML comment above says, "" without one
	code     string
}

func readPage(t *testing.T, path string) page {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, path))
	if err != nil {
		t.Fatal(err)
	}
	return page{path: path, text: string(text), blocks: blocksOf(string(text))}
}

func blocksOf(text string) (blocks []block) {
	var open *block
	before := ""
	for i, line := range strings.Split(text, "\n") {
		tag, isFence := strings.CutPrefix(strings.TrimSpace(line), "```")
		switch {
		case open == nil && isFence:
			open = &block{line: i + 2, language: tag, marker: markerOf(before)}
		case open != nil && isFence:
			blocks = append(blocks, *open)
			open = nil
		case open != nil:
			open.code += line + "\n"
		}
		before = line
	}
	return blocks
}

// markerOf returns what an HTML comment says.
func markerOf(line string) string {
	inner, ok := strings.CutPrefix(strings.TrimSpace(line), "<!--")
	if !ok {
		return ""
	}
	return strings.TrimSpace(strings.TrimSuffix(inner, "-->"))
}

// named returns what follows "name:" in the block's marker.
func (b *block) named(name string) (string, bool) {
	value, ok := strings.CutPrefix(b.marker, name+":")
	return strings.TrimSpace(value), ok
}

func guidePaths(t *testing.T) []string {
	t.Helper()
	names, err := filepath.Glob(root + "/docs/guides/*.md")
	if err != nil || len(names) == 0 {
		t.Fatalf("no guides found: %v", err)
	}
	for i := range names {
		names[i] = "docs/guides/" + filepath.Base(names[i])
	}
	return names
}
