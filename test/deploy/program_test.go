package deploy

import (
	"bufio"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

const (
	root     = "../.."
	folder   = root + "/deploy"
	port     = 8420             // that of the default address, see settings.md
	stopTime = 30 * time.Second // in which the program stops, as its contract says
)

// outside are variables of the same prefix that are no settings of the program.
var outside = map[string]bool{"BOT9_DOMAIN": true} // what compose.yaml hands to Caddy

var (
	program string
	flags   = map[string]bool{} // of `bot9 serve`, as --name
)

func TestMain(m *testing.M) {
	code, err := withProgram(m.Run)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// withProgram builds the program unless BOT9_BIN names one, and asks it for its flags.
func withProgram(run func() int) (int, error) {
	built, err := os.MkdirTemp("", "bot9-deploy-*")
	if err != nil {
		return 1, err
	}
	defer os.RemoveAll(built)
	if program = os.Getenv("BOT9_BIN"); program == "" {
		program = filepath.Join(built, "bot9")
		build := exec.Command("go", "build", "-o", program, "./cmd/bot9")
		build.Dir = root
		if out, err := build.CombinedOutput(); err != nil {
			return 1, fmt.Errorf("build bot9: %w\n%s", err, out)
		}
	}
	help, err := exec.Command(program, "serve", "--help").Output()
	if err != nil {
		return 1, err
	}
	for _, flag := range regexp.MustCompile(`--[a-z][a-z-]+`).FindAllString(string(help), -1) {
		flags[flag] = true
	}
	return run(), nil
}

// isSetting tells whether the program has a setting by the name of an environment variable.
func isSetting(variable string) bool {
	name, ok := strings.CutPrefix(variable, "BOT9_")
	return ok && flags["--"+strings.ToLower(strings.ReplaceAll(name, "_", "-"))]
}

// wantAccepted fails unless the program starts with these settings. Address and database are others.
func wantAccepted(t *testing.T, variables map[string]string) {
	t.Helper()
	used := maps.Clone(variables)
	used["BOT9_ADDR"], used["BOT9_LOG_FORMAT"] = "127.0.0.1:0", "json"
	used["BOT9_DATABASE_URL"] = "sqlite:" + filepath.Join(t.TempDir(), "bot9.db")
	server := exec.CommandContext(t.Context(), program, "serve")
	for name, value := range used {
		server.Env = append(server.Env, name+"="+value)
	}
	log, err := server.StderrPipe()
	must(t, err)
	must(t, server.Start())
	var said strings.Builder
	lines := bufio.NewScanner(log)
	for lines.Scan() {
		said.WriteString(lines.Text() + "\n")
		if strings.Contains(lines.Text(), `"msg":"serving"`) {
			must(t, server.Process.Signal(syscall.SIGTERM))
		}
	}
	if err := server.Wait(); err != nil || !strings.Contains(said.String(), `"msg":"serving"`) {
		t.Errorf("the program does not start with %v: %v\n%s", variables, err, said.String())
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	must(t, err)
	return string(content)
}

var variable = regexp.MustCompile(`BOT9_[A-Z_]+`)

// TestVariables finds every BOT9_… in every file, comments included.
func TestVariables(t *testing.T) {
	found := 0
	must(t, filepath.WalkDir(folder, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		for _, name := range variable.FindAllString(read(t, path), -1) {
			found++
			if !isSetting(name) && !outside[name] && name != "BOT9_PORT" { // which a comment warns of
				t.Errorf("%s: there is no setting %s", path, name)
			}
		}
		return nil
	}))
	if found == 0 {
		t.Error("no file names a setting")
	}
}

var pinned = regexp.MustCompile(`:v?\d+\.\d+(\.\d+)?(-[a-z0-9.-]+)?(@sha256:[0-9a-f]{64})?$`)

// wantPinned fails unless an image that others made is named by its version.
func wantPinned(t *testing.T, image string) {
	t.Helper()
	if !pinned.MatchString(image) {
		t.Errorf("the image %s has no version", image)
	}
}

// TestUnit: the program has the command and the flags of the systemd unit, and the time to stop.
func TestUnit(t *testing.T) {
	unit := map[string]string{}
	for line := range strings.Lines(read(t, filepath.Join(folder, "bot9.service"))) {
		if key, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok && !strings.HasPrefix(key, "#") {
			unit[key] = value
		}
	}
	words := strings.Fields(unit["ExecStart"])
	if len(words) < 2 || filepath.Base(words[0]) != "bot9" || words[1] != "serve" {
		t.Fatalf("ExecStart is %q", unit["ExecStart"])
	}
	for _, word := range words[2:] {
		if flag, _, _ := strings.Cut(word, "="); !flags[flag] {
			t.Errorf("the program has no flag %s", flag)
		}
	}
	if limit, err := time.ParseDuration(unit["TimeoutStopSec"] + "s"); err != nil || limit <= stopTime {
		t.Errorf("TimeoutStopSec is %q, and the program takes up to %v", unit["TimeoutStopSec"], stopTime)
	}
}

// TestCaddyfile: the load balancer goes to the nodes of compose.yaml, asks them whether they are
// ready, and hands streams on at once. Whether Caddy takes the file, it doesn't tell.
func TestCaddyfile(t *testing.T) {
	directives := map[string][]string{}
	for line := range strings.Lines(read(t, filepath.Join(folder, "Caddyfile"))) {
		words := strings.Fields(line)
		if len(words) > 1 && words[0] != "#" {
			directives[words[0]] = words[1:]
		}
	}
	project := loadCompose(t)
	nodes := 0
	for _, upstream := range directives["reverse_proxy"] {
		if upstream == "{" {
			continue
		}
		nodes++
		name, at, _ := strings.Cut(upstream, ":")
		if _, err := project.GetService(name); err != nil || at != "8420" {
			t.Errorf("%s is no node of compose.yaml: %v", upstream, err)
		}
	}
	if nodes != 3 {
		t.Errorf("%d nodes behind the load balancer", nodes)
	}
	for directive, want := range map[string]string{"health_uri": "/readyz", "flush_interval": "-1", "@inside": "path /metrics /healthz /readyz"} {
		if got := strings.Join(directives[directive], " "); got != want {
			t.Errorf("%s is %q, want %q", directive, got, want)
		}
	}
}
