package store

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/bot9/bot9/internal/bot9"
)

func TestPurgingGoesOnAfterAnError(t *testing.T) {
	s, err := Open(t.Context(), Options{URL: "sqlite:" + filepath.Join(t.TempDir(), "bot9.db"), Synchronous: "OFF", Sealer: openSealer{}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	owner, err := s.CreateAccount(t.Context(), "Example", bot9.Person{Email: "owner@example.com"})
	if err != nil {
		t.Fatal(err)
	}
	chatbot, _, err := s.CreateChatbot(t.Context(), owner.AccountID, "Helper", bot9.NewKey{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.DeleteChatbot(t.Context(), owner.AccountID, chatbot.ID); err != nil {
		t.Fatal(err)
	}
	if err := s.write(t.Context(), func(t *tx) error {
		_, err := t.exec(`DROP TABLE login_failures`)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	_, err = s.Purge(t.Context())
	if err == nil || !strings.Contains(err.Error(), "purge failed log-ins") || strings.Count(err.Error(), "purge ") != 1 {
		t.Errorf("the error is %v", err)
	}
	left := 0
	err = s.read(t.Context(), func(r session) error {
		_, err := queryRow(r, `SELECT count(*) FROM chatbots`, nil, &left)
		return err
	})
	if err != nil || left != 0 {
		t.Errorf("%d chatbots are left, %v", left, err)
	}
}
