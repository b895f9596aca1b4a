package docs

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// shell is one bash that runs blocks in order, so that each sees the variables of those before it.
// It says "ready" on its standard output after each block, and begins the next when told its name.
type shell struct {
	folder  string
	process *exec.Cmd
	tell    io.WriteCloser
	told    *bufio.Scanner
}

const driver = `
set -eo pipefail
source bot9-data/quickstart.env
echo ready
while read -r name how; do
  case $how in
    background) (source "./$name") >"$name.out" 2>&1 </dev/null & ;;
    interrupt) kill "$!"; wait "$!" ;;
    *) source "./$name" >"$name.out" 2>&1 </dev/null ;;
  esac
  echo ready
done
`

func startShell(t *testing.T, folder string) *shell {
	t.Helper()
	bash := exec.Command("bash", "-c", driver)
	bash.Dir, bash.Env = folder, environment(folder)
	bash.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	tell, err := bash.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	answers, err := bash.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := bash.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = tell.Close()
		_ = syscall.Kill(-bash.Process.Pid, syscall.SIGTERM) // second terminals too; may be gone
		_ = bash.Wait()                                      // ended by the signal or by a block that failed, which was reported
	})
	s := &shell{folder: folder, process: bash, tell: tell, told: bufio.NewScanner(answers)}
	if !s.told.Scan() {
		t.Fatal("bash did not start")
	}
	return s
}

// run runs a block to its end and returns what it printed; ok is false if a command failed.
func (s *shell) run(t *testing.T, b *block) (printed string, ok bool) {
	t.Helper()
	name := s.save(t, b)
	if _, err := fmt.Fprintln(s.tell, name); err != nil {
		t.Fatal(err)
	}
	ok = s.told.Scan()
	return s.printed(name), ok
}

// start runs a block in the background and returns a function that tells what it has printed so far.
func (s *shell) start(t *testing.T, b *block) (printed func() string) {
	t.Helper()
	name := s.save(t, b)
	if _, err := fmt.Fprintln(s.tell, name, "background"); err != nil {
		t.Fatal(err)
	}
	s.told.Scan()
	return func() string { return s.printed(name) }
}

// interrupt ends the command that was started last; ok is false if it ends with an error.
func (s *shell) interrupt(t *testing.T) (ok bool) {
	t.Helper()
	if _, err := fmt.Fprintln(s.tell, "last interrupt"); err != nil {
		t.Fatal(err)
	}
	return s.told.Scan()
}

func (s *shell) save(t *testing.T, b *block) (name string) {
	t.Helper()
	name = fmt.Sprintf(".line-%d", b.line)
	if err := os.WriteFile(filepath.Join(s.folder, name), []byte(b.code), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func (s *shell) printed(name string) string {
	text, _ := os.ReadFile(filepath.Join(s.folder, name+".out")) // absent until the block has begun
	return strings.TrimRight(string(text), "\n")
}
