package e2e

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// server is the program under test, in a process and with a data folder of its own. It keeps its
// address when it is started again.
type server struct {
	folder, addr string
	dir          string   // where relative paths begin; the test's own if empty
	command      []string // arguments of the program
	environment  []string // besides that of the test
	files        int      // that it may have open at once; 0 = as many as the test

	process *exec.Cmd
	exited  chan struct{} // closed once the process has ended
	exit    error
	out     output
}

// newServer prepares `bot9 serve` with receivers on the loopback allowed.
func newServer(folder string, flags ...string) (*server, error) {
	addr, err := freeAddr()
	if err != nil {
		return nil, err
	}
	s := &server{folder: folder, addr: addr}
	s.command = []string{"serve", "--addr=" + addr, "--database-url=sqlite:" + filepath.Join(folder, "bot9.db"), "--allow-targets=127.0.0.0/8"}
	s.set(flags...)
	return s, nil
}

// set adds flags of the form --name=value to the command, each in place of an earlier one of its
// name. It counts from the next start.
func (s *server) set(flags ...string) {
	for _, flag := range flags {
		name, _, _ := strings.Cut(flag, "=")
		s.command = slices.DeleteFunc(s.command, func(old string) bool { return strings.HasPrefix(old, name+"=") })
		s.command = append(s.command, flag)
	}
}

// startServer starts a server that ends with the test; if the test failed it shows the server's log.
func startServer(t *testing.T, flags ...string) *server {
	t.Helper()
	s, err := newServer(t.TempDir(), flags...)
	if err == nil {
		err = s.start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.kill()
		if t.Failed() {
			t.Logf("log of the server:\n%s", s.out.tail(8000))
		}
	})
	return s
}

// freeAddr finds a port that nobody listens on. It stays below those that the system gives to
// outgoing connections, so that it is still free when the server is started again.
func freeAddr() (string, error) {
	for range 100 {
		addr := net.JoinHostPort("127.0.0.1", strconv.Itoa(20000+rand.IntN(12000)))
		if listener, err := net.Listen("tcp", addr); err == nil {
			return addr, listener.Close()
		}
	}
	return "", errors.New("no free port on the loopback")
}

func (s *server) url() string { return "http://" + s.addr }

// start starts the process and waits until it is ready.
func (s *server) start() error {
	s.out.reset()
	s.process = exec.Command(binary, s.command...)
	if s.files > 0 {
		limited := []string{"-c", `ulimit -n "$0" && exec "$@"`, strconv.Itoa(s.files), binary}
		s.process = exec.Command("sh", append(limited, s.command...)...)
	}
	s.process.Dir = s.dir
	s.process.Env = append(os.Environ(), s.environment...)
	s.process.Stdout, s.process.Stderr = &s.out, &s.out
	s.process.WaitDelay = time.Second
	if err := s.process.Start(); err != nil {
		return err
	}
	s.exited = make(chan struct{})
	go func(process *exec.Cmd, exited chan struct{}) {
		s.exit = process.Wait()
		close(exited)
	}(s.process, s.exited)
	ready := func() bool {
		answer, err := http.Get(s.url() + "/readyz")
		if err != nil {
			return false
		}
		defer answer.Body.Close()
		return answer.StatusCode == http.StatusOK
	}
	err := poll(30*time.Second, func() error {
		select {
		case <-s.exited:
			return stop(fmt.Errorf("the server ended: %w\n%s", s.exit, s.out.tail(4000)))
		default:
		}
		// Its output runs behind; whoever waits for the server also wants what it says first.
		if !ready() || !strings.Contains(s.out.String(), `"msg":"serving"`) {
			return errors.New("the server is not ready")
		}
		return nil
	})
	if err != nil {
		s.kill()
	}
	return err
}

// kill ends the process as a crash would. It does nothing to one that has ended.
func (s *server) kill() {
	if s.exited == nil {
		return
	}
	_ = s.process.Process.Kill() // it may have ended
	<-s.exited
}

// stop asks the process to end and returns how it did: nil for exit status 0 within 30 seconds, as
// the contract promises.
func (s *server) stop() error {
	if err := s.process.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	select {
	case <-s.exited:
		return s.exit
	case <-ctx.Done():
		s.kill()
		return errors.New("the server did not end within 30 seconds of SIGTERM")
	}
}

// output collects what a process writes.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (o *output) Write(part []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(part)
}

// String returns all that was written.
func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// reset forgets what was written.
func (o *output) reset() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.text.Reset()
}

// tail returns the last n bytes.
func (o *output) tail(n int) string {
	text := o.String()
	return text[max(0, len(text)-n):]
}

// doctor checks what is in the database. An embedded one must not be in use.
func (s *server) doctor(t *testing.T) {
	t.Helper()
	flags := slices.DeleteFunc(slices.Clone(s.command[1:]), func(flag string) bool { return strings.HasPrefix(flag, "--addr=") })
	out, err := exec.Command(binary, append([]string{"doctor"}, flags...)...).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "ok     events:") {
		t.Errorf("bot9 doctor: %v\n%s", err, out)
	}
}

// repository is the root of the checkout, as an absolute path.
func repository(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs("../..")
	must(t, err)
	return root
}
