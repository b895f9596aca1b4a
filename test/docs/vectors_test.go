package docs

import (
	"encoding/base64"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// vector is one of sdk/testdata/verify.json, as the libraries for receivers read them.
type vector struct {
	Name       string            `json:"name"`
	Secrets    []string          `json:"secrets"`
	Headers    map[string]string `json:"headers"`
	Body       string            `json:"body"`
	BodyBase64 string            `json:"bodyBase64"`
	BodyRepeat struct {
		Before string `json:"before"`
		Text   string `json:"text"`
		Times  int    `json:"times"`
		After  string `json:"after"`
	} `json:"bodyRepeat"`
	Now    int64  `json:"now"`
	Expect string `json:"expect"`
}

// drivers run a page's function on the vectors of standard input, and print the names of those that it
// accepts, one a line.
var drivers = map[string]struct{ program, file, code string }{
	"verify.php": {"php", "vectors.php", `<?php
require 'verify.php';
foreach (json_decode(file_get_contents('php://stdin'), true) as $v) {
    $h = $v['headers'];
    if (bot9_verify(base64_decode($v['bodyBase64']), $h['webhook-id'] ?? '', $h['webhook-timestamp'] ?? '',
            $h['webhook-signature'] ?? '', $v['secrets'], $v['now'])) {
        echo $v['name'], "\n";
    }
}
`},
	"verify.rb": {"ruby", "vectors.rb", `require "json"
require_relative "verify"
JSON.parse($stdin.read).each do |v|
  h = v["headers"]
  puts v["name"] if bot9_verify(v["bodyBase64"].unpack1("m0"), h["webhook-id"].to_s, h["webhook-timestamp"].to_s,
                                h["webhook-signature"].to_s, v["secrets"], v["now"])
end
`},
}

// TestFunctionsWithoutALibrary runs the page's PHP and Ruby on the vectors that the libraries pass. What
// is wrong with a secret of one's own is left out, since the functions are given good ones, and so are public keys.
func TestFunctionsWithoutALibrary(t *testing.T) {
	t.Parallel()
	vectors, accepted := readVectors(t)
	input, err := json.Marshal(vectors)
	if err != nil {
		t.Fatal(err)
	}
	run := 0
	for _, b := range readPage(t, "docs/guides/securing-webhooks.md").blocks {
		name, _ := b.named("file")
		driver, ok := drivers[name]
		if !ok {
			continue
		}
		run++
		folder := t.TempDir()
		for file, code := range map[string]string{name: b.code, driver.file: driver.code} {
			if err := os.WriteFile(filepath.Join(folder, file), []byte(code), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		command := exec.Command(driver.program, driver.file)
		command.Dir, command.Stdin = folder, strings.NewReader(string(input))
		out, err := command.CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v (make setup-languages installs it)\n%s", driver.program, err, out)
		}
		if got := strings.TrimSpace(string(out)); got != accepted {
			t.Errorf("%s accepts\n%s\nbut should accept\n%s", name, got, accepted)
		}
	}
	if run != len(drivers) {
		t.Errorf("%d of %d functions were found", run, len(drivers))
	}
}

// readVectors returns the vectors with good secrets, all bodies in base64, and the names of those to accept.
func readVectors(t *testing.T) (kept []vector, accepted string) {
	t.Helper()
	text, err := os.ReadFile(root + "/sdk/testdata/verify.json")
	if err != nil {
		t.Fatal(err)
	}
	var all []vector
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, v := range all {
		publicly := slices.ContainsFunc(v.Secrets, func(secret string) bool { return strings.HasPrefix(secret, "whpk_") })
		if publicly || strings.Contains(strings.ToLower(v.Expect), "secret") {
			continue
		}
		if v.BodyBase64 == "" {
			r := v.BodyRepeat // empty but for a body that is too long to be written out
			body := v.Body + r.Before + strings.Repeat(r.Text, r.Times) + r.After
			v.BodyBase64 = base64.StdEncoding.EncodeToString([]byte(body))
		}
		kept = append(kept, v)
		if v.Expect == "ok" {
			names = append(names, v.Name)
		}
	}
	if len(names) < 10 || len(kept) < 50 {
		t.Fatalf("%d vectors, %d of them good", len(kept), len(names))
	}
	return kept, strings.Join(names, "\n")
}
