package docs

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

var (
	link    = regexp.MustCompile(`\]\(<?([^)\s>]+)>?\)`)
	heading = regexp.MustCompile(`(?m)^#{1,6} +(.+?) *$`)
	fenced  = regexp.MustCompile("(?ms)^ *```.*?^ *```")
	inline  = regexp.MustCompile("`[^`\n]*`")
)

// TestLinks follows every relative link in every Markdown file of the repository, to its file and to
// the heading in it.
func TestLinks(t *testing.T) {
	t.Parallel()
	list := exec.Command("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "*.md", "*/llms.txt")
	list.Dir = root
	names, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	checked := 0
	for name := range bytes.SplitSeq(bytes.TrimRight(names, "\x00"), []byte{0}) {
		path := filepath.Join(root, string(name))
		text, err := os.ReadFile(path)
		if os.IsNotExist(err) { // deleted, but not yet committed
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range link.FindAllStringSubmatch(inline.ReplaceAllString(fenced.ReplaceAllString(string(text), ""), ""), -1) {
			target := found[1]
			if strings.Contains(target, "://") || strings.HasPrefix(target, "mailto:") {
				continue
			}
			checked++
			if why := dead(path, target); why != "" {
				t.Errorf("%s links to %s: %s", name, target, why)
			}
		}
	}
	if checked < 50 {
		t.Errorf("only %d relative links were found", checked)
	}
}

// dead tells why a link in the file at path leads nowhere, "" if it doesn't.
func dead(path, target string) string {
	file, anchor, _ := strings.Cut(target, "#")
	to := path
	if file != "" {
		to = filepath.Join(filepath.Dir(path), file)
	}
	if _, err := os.Stat(to); err != nil {
		return "there is no such file"
	}
	if anchor == "" || filepath.Ext(to) != ".md" {
		return ""
	}
	text, err := os.ReadFile(to)
	if err != nil {
		return err.Error()
	}
	var anchors []string
	for _, title := range heading.FindAllStringSubmatch(fenced.ReplaceAllString(string(text), ""), -1) {
		anchors = append(anchors, anchorOf(title[1]))
	}
	if !slices.Contains(anchors, anchor) {
		return "there is no such heading"
	}
	return ""
}

// anchorOf is a heading's anchor as GitHub makes it.
func anchorOf(title string) string {
	title = regexp.MustCompile(`\[([^]]*)\]\([^)]*\)`).ReplaceAllString(title, "$1")
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r):
			return unicode.ToLower(r)
		}
		return -1
	}, title)
}
