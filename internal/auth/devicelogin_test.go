package auth

import (
	"context"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

// memoryDevices are the device logins of a memory.
type memoryDevices struct {
	byHash map[[32]byte]*bot9.DeviceLogin
	taken  int // how many user codes are taken before one is free
	asked  bot9.Time
}

func (m *memory) CreateDeviceLogin(_ context.Context, hash [32]byte, login bot9.DeviceLogin, _ time.Duration) error {
	if m.devices.taken > 0 {
		m.devices.taken--
		return bot9.Errorf(bot9.Conflict, "userCodeTaken", "taken")
	}
	if m.devices.byHash == nil {
		m.devices.byHash = map[[32]byte]*bot9.DeviceLogin{}
	}
	m.devices.byHash[hash] = &login
	return nil
}

func (m *memory) find(userCode string, now bot9.Time) (*bot9.DeviceLogin, error) {
	for _, login := range m.devices.byHash {
		if login.UserCode == userCode && login.ExpiresAt > now {
			return login, nil
		}
	}
	return &bot9.DeviceLogin{}, notFound()
}

func (m *memory) DeviceLogin(_ context.Context, userCode string, now bot9.Time) (bot9.DeviceLogin, error) {
	login, err := m.find(userCode, now)
	return *login, err
}

func (m *memory) DecideDeviceLogin(_ context.Context, userCode string, now bot9.Time, chatbot bot9.ChatbotID) (bot9.DeviceLogin, error) {
	login, err := m.find(userCode, now)
	login.Status, login.ChatbotID = bot9.DeviceDenied, chatbot
	if chatbot != 0 {
		login.Status = bot9.DeviceApproved
	}
	return *login, err
}

func (m *memory) CollectDeviceLogin(_ context.Context, hash [32]byte, now bot9.Time, _ time.Duration, key bot9.NewKey) (bot9.DeviceAnswer, error) {
	login, ok := m.devices.byHash[hash]
	if !ok || login.ExpiresAt <= now {
		return bot9.DeviceAnswer{}, notFound()
	}
	answer := bot9.DeviceAnswer{Status: login.Status, TooSoon: login.Status == bot9.DevicePending && m.devices.asked == now}
	m.devices.asked = now
	if login.Status == bot9.DeviceApproved {
		delete(m.devices.byHash, hash)
		answer.Key = bot9.Key{ID: 5, ChatbotID: login.ChatbotID, Name: login.ClientName, Hint: key.Hint}
		answer.Chatbot = bot9.Chatbot{ID: login.ChatbotID}
	}
	return answer, nil
}

func TestDeviceLogin(t *testing.T) {
	w := newWorld(t)
	code, login, _, err := w.StartDeviceLogin(t.Context(), "bot9 on laptop", "192.0.2.7")
	if err != nil || !regexp.MustCompile(`^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$`).MatchString(login.UserCode) {
		t.Fatalf("%+v, %v", login, err)
	}
	for hash := range w.store.devices.byHash {
		if hash != hashOf(code) {
			t.Error("the device code is not stored as its hash")
		}
	}
	_, _, _, err = w.CollectDeviceLogin(t.Context(), code)
	wantCode(t, err, bot9.Conflict, "authorizationPending")
	_, _, _, err = w.CollectDeviceLogin(t.Context(), code)
	wantCode(t, err, bot9.RateLimited, "slowDown")

	typed := " " + strings.ToLower(strings.ReplaceAll(login.UserCode, "-", " "))
	if found, err := w.DeviceLogin(t.Context(), typed); err != nil || found != login {
		t.Errorf("found %+v, %v; want %+v", found, err, login)
	}
	if _, err := w.DecideDeviceLogin(t.Context(), typed, 70); err != nil {
		t.Fatal(err)
	}
	secret, key, chatbot, err := w.CollectDeviceLogin(t.Context(), code)
	if err != nil || !wellFormed(secret) || key.Name != "bot9 on laptop" || key.Hint != secret[len(secret)-4:] || chatbot.ID != 70 {
		t.Errorf("secret %q, key %+v of %+v, %v", secret, key, chatbot, err)
	}
	secret, _, _, err = w.CollectDeviceLogin(t.Context(), code)
	wantCode(t, err, bot9.NotFound, "expiredToken")
	if secret != "" {
		t.Error("a secret without a key")
	}
}

func TestDeviceLoginIsDeniedOrExpires(t *testing.T) {
	w := newWorld(t)
	code, login, _, _ := w.StartDeviceLogin(t.Context(), "", "192.0.2.7")
	if login.ClientName != unnamedClientName {
		t.Errorf("name %q", login.ClientName)
	}
	if _, err := w.DecideDeviceLogin(t.Context(), login.UserCode, 0); err != nil {
		t.Fatal(err)
	}
	_, _, _, err := w.CollectDeviceLogin(t.Context(), code)
	wantCode(t, err, bot9.Forbidden, "accessDenied")

	code, login, _, _ = w.StartDeviceLogin(t.Context(), "late", "192.0.2.7")
	w.pass(deviceTime)
	_, _, _, err = w.CollectDeviceLogin(t.Context(), code)
	wantCode(t, err, bot9.NotFound, "expiredToken")
	_, err = w.DeviceLogin(t.Context(), login.UserCode)
	wantCode(t, err, bot9.NotFound, "deviceLoginNotFound")
	_, err = w.DecideDeviceLogin(t.Context(), login.UserCode, 70)
	wantCode(t, err, bot9.NotFound, "deviceLoginNotFound")
}

func TestDeviceLoginTakesAnotherCode(t *testing.T) {
	w := newWorld(t)
	w.store.devices.taken = userCodeTries - 1
	if _, _, _, err := w.StartDeviceLogin(t.Context(), "a", "192.0.2.7"); err != nil {
		t.Error(err)
	}
	w.store.devices.taken = userCodeTries
	_, _, _, err := w.StartDeviceLogin(t.Context(), "a", "192.0.2.7")
	wantCode(t, err, bot9.Conflict, "userCodeTaken")
}

// What a stranger calls their program can't look like more than one line, or fill the page.
func TestDeviceClientName(t *testing.T) {
	for given, want := range map[string]string{
		"bot9 on laptop":         "bot9 on laptop",
		" a\nb\u202ec\x1b[1m ":   "a b c [1m",
		strings.Repeat("é", 400): strings.Repeat("é", maxClientName-1) + "…",
	} {
		if got := plainName(given); got != want {
			t.Errorf("%q became %q, want %q", given, got, want)
		}
	}
}
