package docs

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

const patience = 15 * time.Second // with what a busy machine may take; nothing waits so long otherwise

// environment is that of a newcomer: nothing of the machine's settings but what programs need.
func environment(folder string) []string {
	libraries, _ := filepath.Abs(root + "/sdk/python/src")
	kept := []string{
		"PATH=" + program + string(os.PathListSeparator) + os.Getenv("PATH"),
		"HOME=" + folder, "PYTHONPATH=" + libraries, "PYTHONDONTWRITEBYTECODE=1", "NO_COLOR=1", "GOFLAGS=-mod=mod",
	}
	if value := os.Getenv("PYENV_ROOT"); value != "" {
		kept = append(kept, "PYENV_ROOT="+value)
	}
	return append(kept, goCaches()...)
}

// goCaches tells where Go keeps what it has compiled: in the home folder, which here is another one.
var goCaches = sync.OnceValue(func() []string {
	out, err := exec.Command("go", "env", "GOCACHE", "GOPATH", "GOMODCACHE").Output()
	values := strings.Fields(string(out))
	if err != nil || len(values) != 3 {
		panic(fmt.Sprintf("go env: %v", err))
	}
	return []string{"GOCACHE=" + values[0], "GOPATH=" + values[1], "GOMODCACHE=" + values[2]}
})

// startQuickstart runs bot9 quickstart in the folder until the test ends.
func startQuickstart(t *testing.T, folder string) {
	t.Helper()
	server := exec.Command(filepath.Join(program, "bot9"), "quickstart", "--addr=127.0.0.1:0", "--log-format=json")
	server.Dir, server.Env = folder, environment(folder)
	log, err := server.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	serving := make(chan bool, 1)
	var said strings.Builder
	read := make(chan struct{})
	go func() {
		defer close(read)
		lines := bufio.NewScanner(log)
		for lines.Scan() {
			said.WriteString(lines.Text() + "\n")
			if strings.Contains(lines.Text(), `"msg":"serving"`) {
				serving <- true
			}
		}
		close(serving)
	}()
	t.Cleanup(func() {
		_ = server.Process.Signal(syscall.SIGTERM)
		<-read
		if err := server.Wait(); err != nil {
			t.Errorf("bot9 quickstart: %v", err)
		}
		if t.Failed() {
			t.Logf("the server's log:\n%s", said.String())
		}
	})
	select {
	case ok := <-serving:
		if !ok {
			t.Fatal("bot9 quickstart ended")
		}
	case <-time.After(patience):
		t.Fatal("bot9 quickstart did not start")
	}
}
