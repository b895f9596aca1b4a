package docs

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// readmeShows is what the blocks of README's tour print; the page itself tells it in words.
var readmeShows = []string{
	"",
	`{"code":200,"message":"Bot9 keeps the events and tries again: …"…}`,
	`{"data":[{…\"event\":\"messageSent\"…"verified":true},{…\"event\":\"messageReceived\"…"verified":true}…`,
	"genuine",
	`{"id":"whk_…"status":"enabled"…"secret":"whsec_…"}…{"id":"evt_…"}`,
	`{"data":[{…"event":"custom.orderPlaced"…"status":"retrying"…"error":"The connection to 127.0.0.1:8499 was refused.…"…}],"nextCursor":null}`,
	`attempt 2 {"event":"custom.orderPlaced","data":{…"order":42}…}`,
}

func TestReadme(t *testing.T) {
	t.Parallel()
	readme := readPage(t, "README.md")
	printed := runPage(t, readme)
	if len(printed) != len(readmeShows) {
		t.Fatalf("README has %d bash blocks; this test knows of %d", len(printed), len(readmeShows))
	}
	for i := range printed {
		if err := compareText(readmeShows[i], printed[i]); err != nil {
			t.Errorf("bash block %d: %v", i+1, err)
		}
	}
}

func TestGuides(t *testing.T) {
	t.Parallel()
	for _, path := range append(guidePaths(t), "docs/cli.md") {
		t.Run(filepath.Base(path), func(t *testing.T) {
			t.Parallel()
			guide := readPage(t, path)
			for _, b := range guide.blocks {
				if b.language == "bash" {
					runPage(t, guide)
					return
				}
			}
		})
	}
}

// runPage runs a page's blocks and returns what each bash block printed.
func runPage(t *testing.T, p page) (printed []string) {
	t.Helper()
	folder := t.TempDir()
	startQuickstart(t, folder)
	if strings.Contains(p.text, `from "@bot9/webhooks"`) {
		if _, err := os.Stat(root + "/sdk/typescript/dist/index.js"); err != nil {
			t.Fatalf("%v: the library isn't built; sdk/test.sh typescript does it", err)
		}
	}
	provideLibraries(t, folder)
	run := &pageRun{
		page: p, folder: folder, shell: startShell(t, folder), account: readAccount(t, folder), shows: map[string]func() string{},
	}
	run.account.settle(t) // what quickstart itself did has arrived
	for i := range p.blocks {
		run.block(t, &p.blocks[i])
		if t.Failed() {
			break
		}
	}
	return run.printed
}

type pageRun struct {
	page    page
	folder  string
	shell   *shell
	account account
	printed []string
	shows   map[string]func() string // by the terminal's name
}

func (r *pageRun) block(t *testing.T, b *block) {
	t.Helper()
	fail := func(what string, err error) { t.Errorf("%s:%d: %s: %v", r.page.path, b.line, what, err) }
	if name, ok := b.named("file"); ok {
		if err := os.WriteFile(filepath.Join(r.folder, name), []byte(b.code), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if terminal, ok := b.named("output"); ok {
		if err := poll(func() error { return compare(b.language, b.code, r.shows[terminal]()) }); err != nil {
			fail("the "+terminal, err)
		}
		return
	}
	if _, ok := b.named("not run"); ok {
		return
	}
	switch {
	case b.marker == "until interrupted":
		r.interrupted(t, b, fail)
	case b.marker == "output":
		if err := compare(b.language, b.code, r.printed[len(r.printed)-1]); err != nil {
			fail("another output", err)
		}
	case b.language == "bash":
		r.bash(t, b, fail)
	}
}

func (r *pageRun) bash(t *testing.T, b *block, fail func(string, error)) {
	t.Helper()
	if needed, ok := b.named("needs"); ok {
		if _, err := exec.LookPath(needed); err != nil {
			t.Fatalf("%s:%d: %s is not installed; make setup-languages does it", r.page.path, b.line, needed)
		}
	}
	if strings.HasSuffix(b.marker, "terminal") {
		r.shows[b.marker] = r.start(t, b, fail)
		return
	}
	printed, ok := r.shell.run(t, b)
	if !ok {
		fail("failed", errors.New(strings.TrimSpace(printed)))
		return
	}
	r.printed = append(r.printed, printed)
	r.account.settle(t)
}

// start runs a block in the background, and returns once it has said something.
func (r *pageRun) start(t *testing.T, b *block, fail func(string, error)) (printed func() string) {
	t.Helper()
	printed = r.shell.start(t, b)
	if err := poll(func() error {
		if printed() == "" {
			return errors.New("it says nothing")
		}
		return nil
	}); err != nil {
		fail("the background", err)
	}
	return printed
}

// interrupted runs each line of a block by itself, which must go on until it is interrupted.
func (r *pageRun) interrupted(t *testing.T, b *block, fail func(string, error)) {
	t.Helper()
	for i, line := range strings.Split(strings.TrimSpace(b.code), "\n") {
		one := block{line: b.line + i, language: b.language, code: "exec " + line + "\n"}
		printed := r.start(t, &one, fail)
		if !r.shell.interrupt(t) {
			fail(line, errors.New("it ended with an error: "+printed()))
			return
		}
	}
}

// provideLibraries puts the libraries for receivers where npm and go get would have put them.
func provideLibraries(t *testing.T, folder string) {
	t.Helper()
	sdk, err := filepath.Abs(root + "/sdk")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(folder, "node_modules/@bot9"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(sdk+"/typescript", filepath.Join(folder, "node_modules/@bot9/webhooks")); err != nil {
		t.Fatal(err)
	}
	module := "module example.com/receiver\n\ngo 1.26\n\nrequire github.com/bot9/bot9/sdk/go v0.0.0\n\n" +
		"replace github.com/bot9/bot9/sdk/go => " + sdk + "/go\n"
	if err := os.WriteFile(filepath.Join(folder, "go.mod"), []byte(module), 0o600); err != nil {
		t.Fatal(err)
	}
}
