package docs

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// inOrder are the guides as a newcomer reads them.
var inOrder = []string{
	"testing-locally", "authentication", "conversations", "widget", "inbox", "endpoints", "data-models", "events", "securing-webhooks",
	"handling-notifications", "retries-and-failures", "filters", "knowledge", "bring-your-own-bot", "answering", "actions", "monitoring", "rotating-keys",
	"going-to-production", "troubleshooting",
}

// TestGenerated compares what the code writes with what is committed, or writes it with -update.
func TestGenerated(t *testing.T) {
	t.Parallel()
	for _, path := range guidePaths(t) {
		guide := readPage(t, path)
		written, err := fillIn(guide.text)
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		keep(t, path, written)
	}
	document, err := asyncAPI()
	if err != nil {
		t.Fatal(err)
	}
	keep(t, "docs/asyncapi.yaml", document)
	index, err := llms()
	if err != nil {
		t.Fatal(err)
	}
	keep(t, "docs/llms.txt", index)
}

// TestGuidesAreListed holds the list of guides against the folder.
func TestGuidesAreListed(t *testing.T) {
	t.Parallel()
	found := map[string]bool{}
	for _, path := range guidePaths(t) {
		found[strings.TrimSuffix(filepath.Base(path), ".md")] = true
	}
	for _, name := range append(inOrder, "README") {
		if !found[name] {
			t.Errorf("docs/guides/%s.md is missing", name)
		}
		delete(found, name)
	}
	for name := range found {
		t.Errorf("docs/guides/%s.md is in no index; add it to inOrder", name)
	}
}

func keep(t *testing.T, path, written string) {
	t.Helper()
	full := filepath.Join(root, path)
	if *update {
		if err := os.WriteFile(full, []byte(written), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	committed, err := os.ReadFile(full)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	if string(committed) != written {
		t.Errorf("%s is stale; go test ./test/docs -update writes it anew:\n%s", path, cmp.Diff(string(committed), written))
	}
}

// A generated part stands between these two lines.
const (
	partBegin = "<!-- generated: "
	partEnd   = "<!-- end -->\n"
)

// fillIn returns the page with its generated parts made anew.
func fillIn(text string) (string, error) {
	var out strings.Builder
	for {
		before, rest, found := strings.Cut(text, partBegin)
		out.WriteString(before)
		if !found {
			return out.String(), nil
		}
		name, rest, _ := strings.Cut(rest, " -->\n")
		_, after, closed := strings.Cut(rest, partEnd)
		if !closed {
			return "", fmt.Errorf("the generated part %q has no end", name)
		}
		part, err := generate(name)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&out, "%s%s -->\n\n%s\n\n%s", partBegin, name, strings.TrimSpace(part), partEnd)
		text = after
	}
}

func generate(name string) (string, error) {
	kind, of, _ := strings.Cut(name, " ")
	switch kind {
	case "index":
		return guideIndex()
	case "operations":
		return operations()
	case "fields":
		return fields(of)
	case "event-list":
		return eventList(), nil
	case "events":
		return events()
	case "schedule":
		return schedule(), nil
	}
	return "", fmt.Errorf("nothing generates %q", name)
}

// guide is what an index says of a page.
type guide struct{ title, about string }

// readGuide takes the title and the first sentence of a page.
func readGuide(path string) (guide, error) {
	text, err := os.ReadFile(filepath.Join(root, path))
	if err != nil {
		return guide{}, err
	}
	title, rest, found := strings.Cut(strings.TrimPrefix(string(text), "# "), "\n\n")
	if !found {
		return guide{}, fmt.Errorf("%s has nothing after its title", path)
	}
	paragraph, _, _ := strings.Cut(rest, "\n\n")
	sentence, _, _ := strings.Cut(strings.ReplaceAll(strings.TrimSpace(paragraph), "\n", " "), ". ")
	return guide{title, strings.TrimSuffix(strings.TrimSuffix(sentence, "."), ":")}, nil
}

func guideIndex() (string, error) {
	var out strings.Builder
	out.WriteString("| page | what it tells |\n|---|---|\n")
	for _, name := range inOrder {
		g, err := readGuide("docs/guides/" + name + ".md")
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&out, "| [%s](%s.md) | %s |\n", g.title, name, g.about)
	}
	return out.String(), nil
}

// llms is the index of everything for language models, in the form of https://llmstxt.org.
func llms() (string, error) {
	var out strings.Builder
	out.WriteString("# Bot9\n\n> A chatbot platform that you host yourself, and whose heart is its webhooks: whatever happens in a " +
		"conversation becomes an event, and programs get each event as a signed POST, in order within a conversation, retried " +
		"for about three days, never lost.\n\n## Guides\n\n")
	for _, name := range inOrder {
		g, err := readGuide("docs/guides/" + name + ".md")
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&out, "- [%s](guides/%s.md): %s.\n", g.title, name, g.about)
	}
	out.WriteString(`
## Reference

- [OpenAPI 3.1 document](../api/openapi.yaml): every operation, body, error and webhook; a server has it at /api/openapi.json.
- [AsyncAPI 3 document](asyncapi.yaml): every event, as webhooks and as a stream.
- [Command line](cli.md): every command that calls a server, and exit codes.
- [Settings](settings.md): flags, environment and config file of the server.

## Receiver libraries

- [What they have in common](../sdk/README.md): the handler, its answers, a dedupe store of your own.
- [Go](../sdk/go/README.md): net/http.
- [TypeScript](../sdk/typescript/README.md): Node, Deno, Bun, edge; Express and Fetch-style frameworks.
- [Python](../sdk/python/README.md): FastAPI, Flask and others.
- [Examples](../examples/README.md): whole programs that log to a file, fill a database, tell a chat room, open tickets, answer as a bot.

## Optional

- [README](../README.md): what Bot9 is, and a tour of five minutes.
- [Architecture](../ARCHITECTURE.md): the map of the code.
- [Decisions](adr/README.md): why it is so.
`)
	return out.String(), nil
}
