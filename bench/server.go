package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// server is the program under test, a process of its own with a data folder of its own. It may have
// others beside it on its database.
type server struct {
	binary, folder, addr string
	process              *exec.Cmd
	chatbot, key         string
	cpuBefore            time.Duration // of processes that were killed
	databaseURL          string
	masterKey            string
	beside               []*server
}

func startServer(ctx context.Context, p plan) (*server, error) {
	s, err := newServer(p)
	if err != nil {
		return nil, err
	}
	if err := s.start(ctx); err != nil {
		return nil, errors.Join(err, s.close())
	}
	if err := s.startBeside(ctx, p.nodes-1); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, s.signUp()
}

// newServer is a server that is yet to be started, with a folder and a database.
func newServer(p plan) (*server, error) {
	folder, err := os.MkdirTemp("", "bot9-bench-*")
	if err != nil {
		return nil, err
	}
	addr, err := freeAddr()
	if err != nil {
		return nil, err
	}
	s := &server{binary: p.binary, folder: folder, addr: addr, masterKey: newMasterKey(), databaseURL: "sqlite:" + filepath.Join(folder, "bot9.db")}
	if p.database != nil {
		name, err := p.database.Create()
		if err != nil {
			return nil, err
		}
		s.databaseURL = p.database.URL(name)
	}
	return s, nil
}

// freeAddr is an address on loopback that nobody listens on.
func freeAddr() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return listener.Addr().String(), listener.Close()
}

func (s *server) start(ctx context.Context) error {
	log, err := os.OpenFile(filepath.Join(s.folder, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	s.process = exec.Command(s.binary, "serve", "--addr", s.addr, "--allow-targets", "127.0.0.0/8", "--log-level", "warn",
		"--database-url", s.databaseURL)
	s.process.Env = append(os.Environ(), "BOT9_SECRET_KEY="+s.masterKey)
	s.process.Stderr = log
	if err := s.process.Start(); err != nil {
		return fmt.Errorf("start %s (make build makes it): %w", s.binary, err)
	}
	deadline := time.Now().Add(30 * time.Second)
	for time.Now().Before(deadline) && ctx.Err() == nil {
		answer, err := http.Get("http://" + s.addr + "/readyz")
		if err == nil {
			answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				return nil
			}
		}
		time.Sleep(20 * time.Millisecond)
	}
	written, _ := os.ReadFile(log.Name()) // for the message only
	return fmt.Errorf("the server did not get ready: %s", written)
}

func newMasterKey() string {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // it never fails
	return base64.StdEncoding.EncodeToString(key)
}

// kill ends the process as a crash would.
func (s *server) kill() error {
	cpu, _ := s.ownCPU()
	s.cpuBefore = cpu
	if err := s.process.Process.Kill(); err != nil {
		return err
	}
	_ = s.process.Wait() // it was killed: that is its error
	return nil
}

func (s *server) close() (err error) {
	for _, other := range s.beside {
		err = errors.Join(err, other.close())
	}
	if s.process != nil && s.process.Process != nil {
		_ = s.process.Process.Kill() // it may be gone
		_ = s.process.Wait()
	}
	return errors.Join(err, os.RemoveAll(s.folder))
}

// cpu is the time that the server and those beside it have spent on processors, in user and system mode.
func (s *server) cpu() (time.Duration, error) {
	spent, err := s.ownCPU()
	for _, other := range s.beside {
		more, otherErr := other.ownCPU()
		spent, err = spent+more, errors.Join(err, otherErr)
	}
	return spent, err
}

func (s *server) ownCPU() (time.Duration, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.process.Process.Pid))
	if err != nil {
		return 0, err
	}
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	user, err1 := strconv.Atoi(fields[11])
	system, err2 := strconv.Atoi(fields[12])
	return s.cpuBefore + time.Duration(user+system)*10*time.Millisecond, errors.Join(err1, err2)
}

// peakRSS is the most memory that the server, or one beside it, has had in use, in bytes.
func (s *server) peakRSS() int64 {
	most := s.ownPeakRSS()
	for _, other := range s.beside {
		most = max(most, other.ownPeakRSS())
	}
	return most
}

func (s *server) ownPeakRSS() int64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.process.Process.Pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		if value, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kib, _ := strconv.ParseInt(strings.Fields(value)[0], 10, 64)
			return kib << 10
		}
	}
	return 0
}

func (s *server) signUp() error {
	var account struct{}
	jar, err := s.call("", "POST", "/api/auth/signup", map[string]string{"email": "bench@example.com", "password": "a long password", "name": "Bench"}, &account)
	if err != nil {
		return err
	}
	var chatbot struct {
		ID     string                  `json:"id"`
		APIKey struct{ Secret string } `json:"apiKey"`
	}
	if _, err := s.call(jar, "POST", "/api/chatbots", map[string]string{"name": "bench"}, &chatbot); err != nil {
		return err
	}
	s.chatbot, s.key = chatbot.ID, chatbot.APIKey.Secret
	return nil
}

// call makes one call with the cookies, or with the key where there is one, and returns the cookies from then on.
func (s *server) call(cookie, method, path string, in, out any) (string, error) {
	body, err := json.Marshal(in)
	if err != nil {
		return "", err
	}
	request, err := http.NewRequest(method, "http://"+s.addr+path, bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	request.Header.Set("Content-Type", "application/json")
	if cookie != "" {
		request.Header.Set("Cookie", cookie)
	} else if s.key != "" {
		request.Header.Set("Authorization", "Bearer "+s.key)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return "", err
	}
	if answer.StatusCode >= 300 {
		return "", fmt.Errorf("%s %s: %s: %s", method, path, answer.Status, text)
	}
	var cookies []string // the session, and the device that it was begun on
	for _, c := range answer.Cookies() {
		cookies = append(cookies, c.Name+"="+c.Value)
	}
	if len(cookies) > 0 {
		cookie = strings.Join(cookies, "; ")
	}
	return cookie, json.Unmarshal(text, out)
}

// webhook registers a webhook and returns its ID. It retries sooner than the default, so that
// scenarios with failures end.
func (s *server) webhook(url string, events ...string) (string, error) {
	var made struct{ ID string }
	_, err := s.call("", "POST", "/api/"+s.chatbot+"/webhooks",
		map[string]any{"url": url, "events": events, "retrySchedule": []int{1, 2, 4, 8, 16, 32, 64}}, &made)
	return made.ID, err
}

// conversations makes n conversations and returns their IDs.
func (s *server) conversations(n int) ([]string, error) {
	ids := make([]string, n)
	errs := make(chan error, 32)
	for worker := range 32 {
		go func() {
			var err error
			for i := worker; i < n && err == nil; i += 32 {
				var made struct{ ID string }
				_, err = s.call("", "POST", "/api/"+s.chatbot+"/conversations", map[string]string{"Source": "bench", "Status": "active"}, &made)
				ids[i] = made.ID
			}
			errs <- err
		}()
	}
	var err error
	for range 32 {
		err = errors.Join(err, <-errs)
	}
	return ids, err
}
