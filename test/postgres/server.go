// Package postgres runs PostgreSQL servers for tests: each in a folder of its own, on a free port of
// the loopback interface, gone when the test process is.
package postgres

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	superuser  = "bot9"
	startLimit = 60 * time.Second
	stopLimit  = 30 * time.Second
)

// Options say how a server runs.
type Options struct {
	// NoSync lets a server skip everything that protects data from a power cut, which tests that cut
	// none don't need.
	NoSync bool
	// Settings are lines of postgresql.conf, as name=value.
	Settings []string
}

// Server is a PostgreSQL server. The zero value is none; Start makes one.
type Server struct {
	options  Options
	programs string // folder with initdb and postgres
	folder   string
	port     int
	owner    *syscall.Credential // who runs it, nil for whoever runs the test
	process  *exec.Cmd
	exited   chan struct{}
	template string
	made     int // databases
}

// Start makes a server and waits until it answers.
func Start(o Options) (_ *Server, err error) {
	s := &Server{options: o}
	if s.programs, err = findPrograms(); err != nil {
		return nil, err
	}
	if s.folder, err = o.makeFolder(); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	if err := s.chooseOwner(); err != nil {
		return nil, err
	}
	if s.port, err = freePort(); err != nil {
		return nil, err
	}
	if out, err := s.command("initdb", "-D", s.data(), "-U", superuser, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w\n%s", err, out)
	}
	return s, s.Up()
}

func (o Options) makeFolder() (string, error) {
	parent := os.TempDir()
	if quick := quickFolder(); o.NoSync && quick != "" {
		parent = quick
	}
	return os.MkdirTemp(parent, "bot9-postgres-*")
}

// findPrograms returns the folder of the newest PostgreSQL. Debian keeps the programs out of PATH.
func findPrograms() (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if err != nil {
		return "", err
	}
	slices.SortFunc(found, func(a, b string) int { return majorVersion(a) - majorVersion(b) })
	if len(found) > 0 {
		return filepath.Dir(found[len(found)-1]), nil
	}
	path, err := exec.LookPath("postgres")
	if err != nil {
		return "", errors.New("PostgreSQL is missing: scripts/setup.sh postgres installs it on Debian; elsewhere put its programs on the PATH")
	}
	return filepath.Dir(path), nil
}

func majorVersion(path string) int {
	version, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path)))) // what is no number comes first
	return version
}

// chooseOwner hands the folder to the user postgres if the test runs as root, which PostgreSQL refuses to.
func (s *Server) chooseOwner() error {
	if os.Getuid() != 0 {
		return nil
	}
	account, err := user.Lookup("postgres")
	if err != nil {
		return fmt.Errorf("PostgreSQL doesn't run as root: %w", err)
	}
	uid, err1 := strconv.Atoi(account.Uid)
	gid, err2 := strconv.Atoi(account.Gid)
	if err := errors.Join(err1, err2, os.Chown(s.folder, uid, gid)); err != nil {
		return err
	}
	s.owner = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return nil
}

func freePort() (int, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	return listener.Addr().(*net.TCPAddr).Port, listener.Close()
}

func (s *Server) data() string { return filepath.Join(s.folder, "data") }
func (s *Server) log() string  { return filepath.Join(s.folder, "log") }

func (s *Server) command(program string, args ...string) *exec.Cmd {
	command := exec.Command(filepath.Join(s.programs, program), args...)
	command.Dir = s.folder
	command.Env = append(os.Environ(), "LC_ALL=C.UTF-8", "TZ=UTC")
	command.SysProcAttr = attributes(s.owner)
	return command
}

// Up starts a server that was made and is down, on the port that it had.
func (s *Server) Up() error {
	args := []string{
		"-D", s.data(), "-p", strconv.Itoa(s.port), "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=",
		"-c", "max_connections=200", "-c", "shared_buffers=256MB",
	}
	if s.options.NoSync {
		args = append(args, "-c", "fsync=off", "-c", "full_page_writes=off", "-c", "synchronous_commit=off", "-c", "max_wal_size=256MB")
	}
	for _, setting := range s.options.Settings {
		args = append(args, "-c", setting)
	}
	log, err := os.OpenFile(s.log(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	process := s.command("postgres", args...)
	process.Stdout, process.Stderr = log, log
	started, exited := make(chan error), make(chan struct{})
	go func() {
		// The server ends with the thread that started it, so this one has to stay.
		runtime.LockOSThread()
		defer close(exited)
		err := process.Start()
		started <- err
		if err == nil {
			_ = process.Wait() // how it ended shows in its log
		}
	}()
	if err := <-started; err != nil {
		return err
	}
	s.process, s.exited = process, exited
	return s.awaitAnswer()
}

func (s *Server) awaitAnswer() error {
	ctx, cancel := context.WithTimeout(context.Background(), startLimit)
	defer cancel()
	for {
		conn, err := pgx.Connect(ctx, s.URL("postgres"))
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-s.exited:
		case <-ctx.Done():
		case <-time.After(20 * time.Millisecond):
			continue
		}
		log, _ := os.ReadFile(s.log()) // for the message only
		return fmt.Errorf("PostgreSQL did not start: %w\n%s", err, log)
	}
}

// Crash ends the server at once, as a crash would: what it has not written is lost, clients are cut off.
func (s *Server) Crash() error { return s.end(syscall.SIGQUIT) }

func (s *Server) end(signal syscall.Signal) error {
	if s.process == nil {
		return nil
	}
	process := s.process
	s.process = nil
	if err := process.Process.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	select {
	case <-s.exited:
		return nil
	case <-time.After(stopLimit):
		return errors.Join(errors.New("PostgreSQL did not stop in time"), process.Process.Kill())
	}
}

// Close stops the server and removes all that it left.
func (s *Server) Close() error {
	return errors.Join(s.end(syscall.SIGQUIT), os.RemoveAll(s.folder))
}

// URL is where a database of the server is found.
func (s *Server) URL(database string) string {
	return fmt.Sprintf("postgres://%s@127.0.0.1:%d/%s?sslmode=disable", superuser, s.port, database)
}

// Address is the server's host and port.
func (s *Server) Address() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)) }

// Process is the ID of the server's first process, the parent of all others.
func (s *Server) Process() int { return s.process.Process.Pid }
