package docs

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// runElsewhere are the libraries' READMEs, whose code the libraries' own tests run: the languages
// of the blocks, and the test that fails where one of them isn't run.
var runElsewhere = map[string]struct{ language, test string }{
	"sdk/go/README.md":         {"go", "sdk/go/example_test.go"},
	"sdk/typescript/README.md": {"ts", "sdk/typescript/test/readme.test.ts"},
	"sdk/python/README.md":     {"python", "sdk/python/tests/test_readme.py"},
	"sdk/README.md":            {"sql", "sdk/python/tests/test_readme.py"},
}

// data are languages of what can't run.
var data = []string{"json", "text", "ini", "caddyfile"}

// TestEveryBlockIsRun fails for a block of code in README, docs or sdk that could run and that no
// test runs.
func TestEveryBlockIsRun(t *testing.T) {
	t.Parallel()
	list := exec.Command("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard",
		"README.md", "docs/*.md", "sdk/*.md")
	list.Dir = root
	names, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	walked := append(guidePaths(t), "README.md", "docs/cli.md")
	found := 0
	for name := range bytes.SplitSeq(bytes.TrimRight(names, "\x00"), []byte{0}) {
		if _, err := os.Stat(filepath.Join(root, string(name))); os.IsNotExist(err) { // deleted, but not yet committed
			continue
		}
		p := readPage(t, string(name))
		found += len(p.blocks)
		for i := range p.blocks {
			if why := notRun(&p, &p.blocks[i], slices.Contains(walked, p.path)); why != "" {
				t.Errorf("%s:%d: %s", p.path, p.blocks[i].line, why)
			}
		}
	}
	if found < 150 {
		t.Errorf("only %d blocks were found", found)
	}
}

// notRun tells why no test runs a block of a page, "" if one does or none can. A page that is walked
// has its bash blocks run and its files written, by runPage.
func notRun(p *page, b *block, walked bool) string {
	file, isFile := b.named("file")
	elsewhere := runElsewhere[p.path]
	test, hasTest := b.named("run by")
	reason, excused := b.named("not run")
	switch {
	case slices.Contains(data, b.language), walked && b.language == "bash" && !excused:
		return ""
	case walked && isFile:
		if !p.uses(file, b) {
			return "nothing on the page runs " + file
		}
		return ""
	case excused && reason == "":
		return "it says that it isn't run, but not why"
	case excused:
		return ""
	case elsewhere.language == b.language:
		test, hasTest = elsewhere.test, true
	}
	if !hasTest {
		return fmt.Sprintf("no test runs this block of %q; doc.go tells how to mark it", b.language)
	}
	text, err := os.ReadFile(filepath.Join(root, test))
	if err != nil || !strings.Contains(string(text), filepath.Base(p.path)) {
		return fmt.Sprintf("it is said to be run by %s, which doesn't know of it", test)
	}
	return ""
}

// uses tells whether another block names a file that one has saved: as a program, or to import it.
func (p *page) uses(file string, by *block) bool {
	name := strings.TrimSuffix(file, filepath.Ext(file))
	for i := range p.blocks {
		if &p.blocks[i] != by && strings.Contains(p.blocks[i].code, name) {
			return true
		}
	}
	return false
}

func TestBlocksThatAreNotRunAreFound(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		text   string
		walked bool
		run    bool
	}{
		{"```bash\nbot9 chat\n```", true, true},
		{"```bash\nbot9 chat\n```", false, false},
		{"```sh\nbot9 chat\n```", true, false},
		{"```\nbot9 chat\n```", true, false},
		{"```console\n$ bot9 chat\n```", true, false},
		{"```python\nprint(1)\n```", true, false},
		{"<!-- file: one.py -->\n```python\nprint(1)\n```\n```bash\npython3 one.py\n```", true, true},
		{"<!-- file: one.py -->\n```python\nprint(1)\n```\n```bash\npython3 two.py\n```", true, false},
		{"<!-- file: one.py -->\n```python\nprint(1)\n```", false, false},
		{"<!-- not run: it needs a person -->\n```bash\nbot9 login\n```", true, true},
		{"<!-- not run: -->\n```bash\nbot9 login\n```", true, false},
		{"<!-- run by: test/docs/everyblock_test.go -->\n```console\n$ bot9 chat\n```", true, false}, // see below
		{"<!-- run by: test/docs/nothing.go -->\n```console\n$ bot9 chat\n```", true, false},
		{"```json\n{}\n```", false, true},
	} {
		p := page{path: "docs/no" + "where.md", blocks: blocksOf(test.text)} // in one word it would be named here
		if why := notRun(&p, &p.blocks[0], test.walked); (why == "") != test.run {
			t.Errorf("%s\nwalked: %v, said to be not run: %q", test.text, test.walked, why)
		}
	}
}
