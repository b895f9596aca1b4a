package docs

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/bot9/bot9/internal/catalog"
	"github.com/bot9/bot9/internal/webhook"
)

// TestKnownAnswer computes the worked example of the page about signatures, by the standard library
// alone, and has the server's own code verify it.
func TestKnownAnswer(t *testing.T) {
	t.Parallel()
	text := readPage(t, "docs/guides/securing-webhooks.md").text
	value := func(name string) string {
		found := regexp.MustCompile(`(?m)^export ` + name + `='(.+)'$`).FindStringSubmatch(text)
		if found == nil {
			t.Fatalf("the example has no %s", name)
		}
		return found[1]
	}
	id, timestamp, body, secret := value("ID"), value("TIMESTAMP"), value("BODY"), value("SECRET")

	ping, _ := catalog.Lookup(catalog.Ping)
	event, err := sampleEvent(&ping)
	if err != nil {
		t.Fatal(err)
	}
	if want := string(event.AppendEnvelope(nil)); body != want {
		t.Errorf("the body is\n%s\nbut a ping is\n%s", body, want)
	}
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil {
		t.Fatal(err)
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id + "." + timestamp + "." + body))
	signature := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	for what, want := range map[string]string{"key": hex.EncodeToString(key), "signature": signature} {
		if !strings.Contains(text, "\n"+want+"\n") {
			t.Errorf("the page lacks the %s %s", what, want)
		}
	}
	headers := http.Header{}
	headers.Set("Webhook-Id", id)
	headers.Set("Webhook-Timestamp", timestamp)
	headers.Set("Webhook-Signature", signature)
	if err := webhook.Verify([]string{secret}, headers, []byte(body), event.CreatedAt().Std(), time.Minute); err != nil {
		t.Error(err)
	}
}

// TestTroubleshooting holds the words that the page explains against those that the program has.
func TestTroubleshooting(t *testing.T) {
	t.Parallel()
	sources, err := filepath.Glob(root + "/internal/webhook/*.go")
	if err != nil {
		t.Fatal(err)
	}
	var program strings.Builder
	for _, source := range sources {
		text, err := os.ReadFile(source)
		if err != nil {
			t.Fatal(err)
		}
		program.Write(text)
	}
	// Statuses and their names are net/http's; numbers and %d, %s stand for what differs.
	differs := regexp.MustCompile(`…| within \d+ s\b|\b[1-5]\d\d( [A-Z][A-Za-z]+)*|\.$`)
	checked := 0
	for _, row := range regexp.MustCompile(`(?m)^\| (The|No|There|Plain) ([^|]+) \|`).FindAllStringSubmatch(readPage(t, "docs/guides/troubleshooting.md").text, -1) {
		for _, part := range differs.Split(row[1]+" "+row[2], -1) {
			part = strings.Trim(part, " .,:")
			checked++
			if !strings.Contains(program.String(), part) {
				t.Errorf("no failed attempt says %q", part)
			}
		}
	}
	if checked < 30 {
		t.Errorf("only %d phrases were found", checked)
	}
}

// TestFilters compiles every filter that the page shows as an example.
func TestFilters(t *testing.T) {
	t.Parallel()
	_, examples, _ := strings.Cut(readPage(t, "docs/guides/filters.md").text, "## Examples")
	examples, _, _ = strings.Cut(examples, "## Mistakes")
	found := regexp.MustCompile("(?m)\\| `(.+)` \\|$").FindAllStringSubmatch(examples, -1)
	for _, filter := range found {
		if err := webhook.CheckFilter(filter[1]); err != nil {
			t.Errorf("%s: %v", filter[1], err)
		}
	}
	if len(found) < 5 {
		t.Errorf("only %d filters were found", len(found))
	}
}
