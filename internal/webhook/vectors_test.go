package webhook

import (
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

// TestLibrariesVectors holds the server's own verification, which is behind bot9 verify and the
// built-in receivers, against the vectors that the receiver libraries run: they must not tell
// different things about one delivery.
func TestLibrariesVectors(t *testing.T) {
	text, err := os.ReadFile("../../sdk/testdata/verify.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors []struct {
		Name, Body, Expect string
		BodyBase64         []byte
		BodyRepeat         struct {
			Before, Text, After string
			Times               int
		}
		Secrets []string
		Headers map[string]string
		Now     int64
	}
	if err := json.Unmarshal(text, &vectors); err != nil {
		t.Fatal(err)
	}
	ours := map[string]string{
		"ok": "ok", "missingHeader": "signatureMissing", "noMatchingSignature": "signatureInvalid", "invalidTimestamp": "timestampInvalid",
		"timestampTooOld": "timestampTooOld", "timestampTooNew": "timestampTooNew", "invalidSecret": "invalidSecret",
	}
	checked := 0
	for _, v := range vectors {
		switch v.Name {
		case "short secret", "no secret": // Bot9 makes no such secrets; and it always has one
			continue
		}
		checked++
		body := append([]byte(v.Body), v.BodyBase64...)
		body = append(body, v.BodyRepeat.Before+strings.Repeat(v.BodyRepeat.Text, v.BodyRepeat.Times)+v.BodyRepeat.After...)
		headers := http.Header{}
		for name, value := range v.Headers {
			headers.Set(name, value)
		}
		got := "ok"
		if err := Verify(v.Secrets, headers, body, time.Unix(v.Now, 0), DefaultTolerance); err != nil {
			got = bot9.CodeOf(err)
		}
		if got != ours[v.Expect] {
			t.Errorf("%s: got %s, want %s", v.Name, got, ours[v.Expect])
		}
	}
	if checked < 60 {
		t.Errorf("only %d vectors were run", checked)
	}
}
