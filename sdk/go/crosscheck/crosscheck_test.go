package crosscheck

import (
	"encoding/json"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	bot9hooks "github.com/bot9/bot9/sdk/go"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// The known-answer example of the Standard Webhooks libraries.
const (
	knownSecret    = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	knownID        = "msg_p5jXN8AQM9LWM0D4loKWxJek"
	knownTimestamp = 1614265330
	knownBody      = `{"test": 2432232314}`
	knownSignature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
)

var bodies = map[string]string{
	"known":   knownBody,
	"empty":   "",
	"unicode": "Grüße, 你好, 🤖",
	"bytes":   "\xff\xfe\x00\r\n",
	"large":   strings.Repeat("bot9 ", 200_000),
}

func official(t *testing.T) *standardwebhooks.Webhook {
	t.Helper()
	webhook, err := standardwebhooks.NewWebhook(knownSecret)
	if err != nil {
		t.Fatal(err)
	}
	return webhook
}

func TestKnownAnswer(t *testing.T) {
	header, err := bot9hooks.Sign([]byte(knownBody), knownID, time.Unix(knownTimestamp, 0), knownSecret)
	if err != nil {
		t.Fatal(err)
	}
	if got := header.Get(bot9hooks.HeaderSignature); got != knownSignature {
		t.Errorf("our signature is %s, want %s", got, knownSignature)
	}
	theirs, err := official(t).Sign(knownID, time.Unix(knownTimestamp, 0), []byte(knownBody))
	if err != nil {
		t.Fatal(err)
	}
	if theirs != knownSignature {
		t.Errorf("their signature is %s, want %s", theirs, knownSignature)
	}
}

func TestTheyVerifyWhatWeSign(t *testing.T) {
	for name, body := range bodies {
		t.Run(name, func(t *testing.T) {
			header, err := bot9hooks.Sign([]byte(body), knownID, time.Now(), knownSecret)
			if err != nil {
				t.Fatal(err)
			}
			if err := official(t).Verify([]byte(body), header); err != nil {
				t.Error(err)
			}
			if err := official(t).Verify([]byte(body+"x"), header); err == nil {
				t.Error("they take another body")
			}
		})
	}
}

func TestWeVerifyWhatTheySign(t *testing.T) {
	for name, body := range bodies {
		t.Run(name, func(t *testing.T) {
			now := time.Now()
			signature, err := official(t).Sign(knownID, now, []byte(body))
			if err != nil {
				t.Fatal(err)
			}
			header := http.Header{}
			header.Set(standardwebhooks.HeaderWebhookID, knownID)
			header.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(now.Unix(), 10))
			header.Set(standardwebhooks.HeaderWebhookSignature, signature)
			if err := bot9hooks.Verify([]byte(body), header, knownSecret); err != nil {
				t.Error(err)
			}
			if err := bot9hooks.Verify([]byte(body+"x"), header, knownSecret); err == nil {
				t.Error("we take another body")
			}
		})
	}
}

// TestTheyAgreeOnTheVectors runs their verification, which knows one secret and no clock but the
// real one, on the shared vectors that are good.
func TestTheyAgreeOnTheVectors(t *testing.T) {
	text, err := os.ReadFile("../../testdata/verify.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors []struct {
		Name, Body, Expect string
		BodyBase64         []byte
		BodyRepeat         any
		Secrets            []string
		Headers            map[string]string
	}
	if err := json.Unmarshal(text, &vectors); err != nil {
		t.Fatal(err)
	}
	agreed := 0
	for _, v := range vectors {
		if v.Expect != "ok" || len(v.Secrets) != 1 || v.BodyRepeat != nil || strings.HasPrefix(v.Secrets[0], "whpk_") { // theirs knows no public keys
			continue
		}
		webhook, err := standardwebhooks.NewWebhook(v.Secrets[0])
		if err != nil {
			t.Fatal(err)
		}
		header := http.Header{}
		for name, value := range v.Headers {
			header.Set(name, value)
		}
		if err := webhook.VerifyIgnoringTimestamp(append([]byte(v.Body), v.BodyBase64...), header); err != nil {
			t.Errorf("%s: %v", v.Name, err)
		}
		agreed++
	}
	if agreed < 12 {
		t.Errorf("only %d vectors were run", agreed)
	}
}
