package main

import (
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/bot9/bot9/internal/app"
)

var update = flag.Bool("update", false, "write the generated part of docs/cli.md anew")

func cliPage(t *testing.T) string {
	t.Helper()
	page, err := os.ReadFile("../../docs/cli.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(page)
}

func exampleReadmes(t *testing.T) string {
	t.Helper()
	paths, err := filepath.Glob("../../examples/*/README.md")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	var text strings.Builder
	for _, path := range append(paths, "../../examples/README.md") {
		page, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		text.Write(page)
	}
	return text.String()
}

// block returns what the page shows below a command's prompt.
func block(t *testing.T, page, prompt string) string {
	t.Helper()
	_, after, found := strings.Cut(page, "```console\n$ "+prompt+"\n")
	shown, _, closed := strings.Cut(after, "```")
	if !found || !closed {
		t.Fatalf("the page has no transcript of %q", prompt)
	}
	return shown
}

var (
	moments = regexp.MustCompile(`\d\d:\d\d:\d\d\.\d{3}`)
	places  = regexp.MustCompile(`localhost:3000|127\.0\.0\.1:\d+`)
)

// shape is a transcript without what differs from run to run; columns count.
func shape(text string) string {
	return steady(moments.ReplaceAllString(places.ReplaceAllString(text, "HERE"), "CLOCK"))
}

func TestTranscript(t *testing.T) {
	b := newBench(t)
	page := cliPage(t)
	addr := freeAddress(t)
	startLocal(t, addr, http.StatusOK)
	listen := runInBackground(t, b.as("listen", "--forward-to", "http://"+addr+"/webhooks/bot9")...)
	var got strings.Builder
	shown := func(line string) bool { got.WriteString(line + "\n"); return true }
	for range 3 { // trigger only once it listens
		take(t, "the greeting", listen.lines, shown)
	}
	triggered := b.ok("trigger", "messageReceived")
	take(t, "the event", listen.lines, shown)
	if diff := cmp.Diff(shape(block(t, page, "bot9 trigger messageReceived")), shape(triggered)); diff != "" {
		t.Errorf("docs/cli.md shows something else than bot9 trigger prints: %s", diff)
	}
	if diff := cmp.Diff(shape(block(t, page, "bot9 listen --forward-to http://localhost:3000/webhooks/bot9")), shape(got.String())); diff != "" {
		t.Errorf("docs/cli.md shows something else than bot9 listen prints: %s", diff)
	}
}

var (
	codeBlock   = regexp.MustCompile("(?s)```(?:bash|sh)\n(.*?)```")
	commandLine = regexp.MustCompile(`(?m)(?:^|\| |<\(|\$\()(bot9(?: +(?:'[^']*'|"[^"]*"|[^\s<>|#)\\]+))*)`)
	word        = regexp.MustCompile(`'[^']*'|"[^"]*"|\S+`)
)

// TestPageIsTrue holds every command line of the page, and of the examples' READMEs, against the
// program, and the page against every command.
func TestPageIsTrue(t *testing.T) {
	described := map[string]bool{}
	for _, found := range codeBlock.FindAllStringSubmatch(cliPage(t)+exampleReadmes(t), -1) {
		for _, line := range commandLine.FindAllStringSubmatch(found[1], -1) {
			args := word.FindAllString(line[1], -1)[1:]
			for i := range args {
				args[i] = strings.Trim(args[i], `'"`)
			}
			if args[0] == "completion" || args[0] == "man" { // not ours
				continue
			}
			root := newProgram().rootCommand()
			command, rest, err := root.Find(args)
			if err == nil {
				err = command.ParseFlags(rest)
			}
			if err == nil && command.Args != nil {
				err = command.Args(command, command.Flags().Args())
			}
			if err == nil && command.HasSubCommands() && command.Args == nil {
				err = usagef("it only holds other commands")
			}
			if err != nil {
				t.Errorf("%s: %v", line[1], err)
				continue
			}
			described[command.CommandPath()] = true
		}
	}
	var check func(*cobra.Command)
	check = func(command *cobra.Command) {
		server := slices.Contains([]string{"serve", "quickstart", "migrate", "backup", "doctor"}, command.Name())
		if !command.HasSubCommands() && !server && !described[command.CommandPath()] {
			t.Errorf("docs/cli.md has no example of %s", command.CommandPath())
		}
		for _, child := range command.Commands() {
			check(child)
		}
	}
	check(newProgram().rootCommand())
	if len(described) < 30 {
		t.Errorf("only %d command lines were found", len(described))
	}
}

// TestReference compares the page's list of commands with the program, or writes it with -update.
func TestReference(t *testing.T) {
	const begin, end = "<!-- generated: commands -->\n", "<!-- end -->\n"
	page := cliPage(t)
	before, rest, found := strings.Cut(page, begin)
	_, after, closed := strings.Cut(rest, end)
	if !found || !closed {
		t.Fatal("the page has no place for the list")
	}
	want := before + begin + "\n" + reference() + "\n" + end + after
	if *update {
		if err := os.WriteFile("../../docs/cli.md", []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, page); diff != "" {
		t.Errorf("docs/cli.md is stale; go test ./cmd/bot9 -run TestReference -update writes it anew: %s", diff)
	}
}

// reference lists the commands that do something, with their own flags.
func reference() string {
	settings := pflag.NewFlagSet("", pflag.ContinueOnError)
	app.AddFlags(settings)
	(&connection{}).addFlags(settings)
	var text strings.Builder
	var add func(*cobra.Command)
	add = func(command *cobra.Command) {
		if command.HasParent() && (command.Args != nil || !command.HasSubCommands()) {
			fmt.Fprintf(&text, "- `%s`: %s\n", strings.TrimSuffix(command.UseLine(), " [flags]"), command.Short)
			command.NonInheritedFlags().VisitAll(func(flag *pflag.Flag) {
				if settings.Lookup(flag.Name) == nil || command.Name() == "verify" {
					fmt.Fprintf(&text, "  - `--%s`: %s\n", flag.Name, strings.ReplaceAll(flag.Usage, "*", "\\*"))
				}
			})
		}
		for _, child := range command.Commands() {
			add(child)
		}
	}
	add(newProgram().rootCommand())
	return text.String()
}
