package docs

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// poll calls check until it returns nil, and returns its last error if that takes too long. What is
// waited for happens in other programs, which give no signal.
func poll(check func() error) error {
	for deadline := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		err := check()
		if err == nil || time.Now().After(deadline) {
			return err
		}
	}
}

// account is what quickstart.env says.
type account struct{ url, chatbot, key string }

func readAccount(t *testing.T, folder string) account {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(folder, "bot9-data/quickstart.env"))
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]string{}
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(strings.TrimSpace(strings.TrimPrefix(line, "export ")), "=")
		values[name] = value
	}
	return account{values["BOT9_URL"], values["BOT9_CHATBOT_ID"], values["BOT9_API_KEY"]}
}

// settle waits until every delivery that is due was attempted: a reader takes longer from one block
// to the next than a delivery takes.
func (a account) settle(t *testing.T) {
	t.Helper()
	if err := poll(a.settled); err != nil {
		t.Fatal(err)
	}
}

func (a account) settled() error {
	for _, status := range []string{"pending", "retrying"} {
		if err := a.attempted(status); err != nil {
			return err
		}
	}
	return nil
}

func (a account) attempted(status string) error {
	request, err := http.NewRequest(http.MethodGet, a.url+"/api/"+a.chatbot+"/deliveries?status="+status+"&limit=250", nil)
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+a.key)
	// A connection kept for later would hold up the server's stop.
	answer, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s for the list of deliveries", answer.Status)
	}
	var due struct {
		Data []struct {
			ID            string    `json:"id"`
			NextAttemptAt time.Time `json:"nextAttemptAt"`
		} `json:"data"`
	}
	if err := json.NewDecoder(answer.Body).Decode(&due); err != nil {
		return err
	}
	for _, delivery := range due.Data {
		at := delivery.NextAttemptAt // zero while it waits for an earlier event of its conversation
		if !at.IsZero() && at.Before(time.Now()) {
			return fmt.Errorf("%s was not attempted", delivery.ID)
		}
	}
	return nil
}
