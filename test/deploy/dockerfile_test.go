package deploy

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"
)

func parseDockerfile(t *testing.T) []instructions.Stage {
	t.Helper()
	parsed, err := parser.Parse(strings.NewReader(read(t, filepath.Join(folder, "Dockerfile"))))
	must(t, err)
	stages, _, err := instructions.Parse(parsed.AST, nil)
	must(t, err)
	return stages
}

// TestDockerfileCopies: what is copied exists, and .dockerignore lets it through.
func TestDockerfileCopies(t *testing.T) {
	patterns, err := ignorefile.ReadAll(strings.NewReader(read(t, filepath.Join(root, ".dockerignore"))))
	must(t, err)
	ignored, err := patternmatcher.New(patterns)
	must(t, err)
	stages := map[string]bool{}
	for _, stage := range parseDockerfile(t) {
		for _, command := range stage.Commands {
			copied, ok := command.(*instructions.CopyCommand)
			if !ok {
				continue
			}
			if copied.From != "" {
				if !stages[copied.From] {
					t.Errorf("%s comes from the stage %s, which is none before it", copied, copied.From)
				}
				continue
			}
			for _, path := range copied.SourcePaths {
				wantInContext(t, ignored, path)
			}
		}
		stages[stage.Name] = true
	}
	for _, path := range []string{"bot9-data/master.key", ".git/HEAD", "deploy/.env", "ui/node_modules/x/index.js", "ui/dist/index.html", "internal/app/app_test.go"} {
		if out, err := ignored.MatchesOrParentMatches(path); err != nil || !out {
			t.Errorf("%s goes into the build: %v", path, err)
		}
	}
}

func wantInContext(t *testing.T, ignored *patternmatcher.PatternMatcher, path string) {
	t.Helper()
	files := 0
	err := filepath.WalkDir(filepath.Join(root, path), func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() && entry.Name() == "node_modules" {
			return errOr(err, fs.SkipDir)
		}
		name, err := filepath.Rel(root, file)
		if err != nil || entry.IsDir() {
			return err
		}
		out, err := ignored.MatchesOrParentMatches(filepath.ToSlash(name))
		if !out {
			files++
		}
		return err
	})
	if err != nil || files == 0 {
		t.Errorf("%s is copied, and has %d files for it: %v", path, files, err)
	}
}

func errOr(err, other error) error {
	if err != nil {
		return err
	}
	return other
}

// TestDockerfileCopiesAllPackages: whatever the program is made of is copied before it is built.
func TestDockerfileCopiesAllPackages(t *testing.T) {
	copied := map[string]bool{}
	for _, stage := range parseDockerfile(t) {
		for _, command := range stage.Commands {
			if c, ok := command.(*instructions.CopyCommand); ok && stage.Name == "program" && c.From == "" {
				for _, path := range c.SourcePaths {
					copied[path] = true
				}
			}
		}
	}
	for _, folder := range ownPackages(t) {
		if top, _, _ := strings.Cut(folder, "/"); !copied[top] {
			t.Errorf("the program needs %s, which is not copied", folder)
		}
	}
}

// TestDockerfileVersions: the images are pinned, and new enough for go.mod and package.json.
func TestDockerfileVersions(t *testing.T) {
	var manifest struct{ Engines struct{ Node string } }
	must(t, json.Unmarshal([]byte(read(t, filepath.Join(root, "ui/package.json"))), &manifest))
	needed := map[string]string{
		"golang": regexp.MustCompile(`(?m)^go (\S+)$`).FindStringSubmatch(read(t, filepath.Join(root, "go.mod")))[1],
		"node":   strings.TrimPrefix(manifest.Engines.Node, ">="),
		"python": "3.9", // what the package of the model of meaning asks for
	}
	seen := map[string]bool{}
	for _, stage := range parseDockerfile(t) {
		if stage.BaseName == "scratch" {
			continue
		}
		wantPinned(t, stage.BaseName)
		name, tag, _ := strings.Cut(stage.BaseName, ":")
		version, _, _ := strings.Cut(tag, "-")
		if !atLeast(t, version, needed[name]) {
			t.Errorf("%s, and %q is needed", stage.BaseName, needed[name])
		}
		seen[name] = true
	}
	if len(seen) < len(needed) {
		t.Errorf("the stages have %v, and %v are needed", seen, needed)
	}
}

// atLeast compares versions like 1.26.8.
func atLeast(t *testing.T, version, least string) bool {
	t.Helper()
	a, b := strings.Split(version, "."), strings.Split(least, ".")
	for i := range b {
		if i == len(a) {
			return false
		}
		have, err := strconv.Atoi(a[i])
		must(t, err)
		want, err := strconv.Atoi(b[i])
		must(t, err)
		if have != want {
			return have > want
		}
	}
	return true
}

// TestImage: what runs is the program alone, as nobody in particular, on a volume of its own.
func TestImage(t *testing.T) {
	stages := parseDockerfile(t)
	last := stages[len(stages)-1]
	variables := map[string]string{}
	var user, volume, exposed, start string
	for _, command := range last.Commands {
		switch c := command.(type) {
		case *instructions.EnvCommand:
			for _, pair := range c.Env {
				variables[pair.Key] = pair.Value
			}
		case *instructions.UserCommand:
			user = c.User
		case *instructions.VolumeCommand:
			volume = c.Volumes[0]
		case *instructions.ExposeCommand:
			exposed = c.Ports[0]
		case *instructions.EntrypointCommand:
			start = strings.Join(c.CmdLine, " ")
		case *instructions.CmdCommand:
			start += " " + strings.Join(c.CmdLine, " ")
		}
	}
	if last.BaseName != "scratch" || start != "/usr/local/bin/bot9 serve" {
		t.Errorf("on %s it starts %q", last.BaseName, start)
	}
	if id, _, _ := strings.Cut(user, ":"); id == "" || id == "0" || strings.Trim(id, "0123456789") != "" {
		t.Errorf("it runs as %q; Kubernetes can tell that it is not root by a number only", user)
	}
	wantAccepted(t, variables)
	if variables["BOT9_ADDR"] != ":"+exposed || exposed != strconv.Itoa(port) {
		t.Errorf("it listens on %s and exposes %s", variables["BOT9_ADDR"], exposed)
	}
	if path, ok := strings.CutPrefix(variables["BOT9_DATABASE_URL"], "sqlite:"); !ok || filepath.Dir(path) != volume {
		t.Errorf("the database %s is not on the volume %s", variables["BOT9_DATABASE_URL"], volume)
	}
	if _, err := os.Stat(filepath.Join(root, "ui/package-lock.json")); err != nil {
		t.Error(err) // npm ci needs it
	}
}
