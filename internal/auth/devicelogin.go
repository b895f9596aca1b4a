package auth

import (
	"context"
	"crypto/rand"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/bot9/bot9/internal/bot9"
)

// How a device login goes, after RFC 8628. The user code is of letters that spell no words and look
// like no digits (§6.1): 20^8 codes, of which a guesser gets through a few hundred in the time that
// one is valid.
const (
	userCodeLetters = "BCDFGHJKLMNPQRSTVWXZ"
	userCodeChars   = 8
	userCodeTries   = 3 // for one that nobody has

	deviceTime     = 10 * time.Minute
	deviceInterval = 2 * time.Second // between two questions of the program
	deviceSlower   = 5 * time.Second // longer after one that came too soon: §3.5

	maxClientName     = 60
	unnamedClientName = "a program without a name"
)

// DeviceStore keeps device logins.
type DeviceStore interface {
	CreateDeviceLogin(ctx context.Context, codeHash [32]byte, login bot9.DeviceLogin, interval time.Duration) error
	DeviceLogin(ctx context.Context, userCode string, now bot9.Time) (bot9.DeviceLogin, error)
	DecideDeviceLogin(ctx context.Context, userCode string, now bot9.Time, chatbot bot9.ChatbotID) (bot9.DeviceLogin, error)
	CollectDeviceLogin(ctx context.Context, codeHash [32]byte, now bot9.Time, slower time.Duration, key bot9.NewKey) (bot9.DeviceAnswer, error)
}

// StartDeviceLogin begins the login of a program that calls itself clientName, from an address. The
// device code is for the program alone; it may ask with it every interval.
func (s *Service) StartDeviceLogin(ctx context.Context, clientName, address string) (deviceCode string, login bot9.DeviceLogin, interval time.Duration, err error) {
	now := s.clock()
	login = bot9.DeviceLogin{ClientName: plainName(clientName), Address: address, Status: bot9.DevicePending, CreatedAt: now, ExpiresAt: now.Add(deviceTime)}
	deviceCode, hash := newToken()
	for range userCodeTries {
		login.UserCode = newUserCode()
		if err = s.store.CreateDeviceLogin(ctx, hash, login, deviceInterval); bot9.CodeOf(err) != "userCodeTaken" {
			break
		}
	}
	return deviceCode, shown(login), deviceInterval, err
}

// DeviceLogin tells who asks for a key with the user code, as somebody typed it; NotFound
// "deviceLoginNotFound" if nobody does, or no longer.
func (s *Service) DeviceLogin(ctx context.Context, userCode string) (bot9.DeviceLogin, error) {
	login, err := s.store.DeviceLogin(ctx, plainUserCode(userCode), s.clock())
	return shown(login), noSuchLogin(err)
}

// DecideDeviceLogin gives the program that shows the user code a key of the chatbot, which must be
// the decider's, or refuses it for the zero chatbot. It fails as DeviceLogin does, and with Conflict
// "deviceLoginDecided".
func (s *Service) DecideDeviceLogin(ctx context.Context, userCode string, chatbot bot9.ChatbotID) (bot9.DeviceLogin, error) {
	login, err := s.store.DecideDeviceLogin(ctx, plainUserCode(userCode), s.clock(), chatbot)
	return shown(login), noSuchLogin(err)
}

// CollectDeviceLogin gives the program its key, once. Until then it fails with the codes of RFC 8628
// §3.5: "authorizationPending", "slowDown", "accessDenied", or "expiredToken", also for a code that
// was used already or never given out.
func (s *Service) CollectDeviceLogin(ctx context.Context, deviceCode string) (secret string, key bot9.Key, chatbot bot9.Chatbot, err error) {
	// The key is made here, not when it is approved, so that no secret has to be kept in between.
	secret, fresh := s.NewKey("")
	answer, err := s.store.CollectDeviceLogin(ctx, hashOf(deviceCode), s.clock(), deviceSlower, fresh)
	switch {
	case bot9.KindOf(err) == bot9.NotFound:
		err = bot9.Errorf(bot9.NotFound, "expiredToken", "This login has expired or was used already; start a new one.")
	case err != nil:
	case answer.Status == bot9.DeviceDenied:
		err = bot9.Errorf(bot9.Forbidden, "accessDenied", "The login was denied.")
	case answer.TooSoon:
		err = bot9.Errorf(bot9.RateLimited, "slowDown", "Ask less often: wait 5 seconds longer from now on.")
	case answer.Status == bot9.DevicePending:
		err = bot9.Errorf(bot9.Conflict, "authorizationPending", "Nobody has approved the login yet.")
	}
	if err != nil {
		return "", bot9.Key{}, bot9.Chatbot{}, err
	}
	return secret, answer.Key, answer.Chatbot, nil
}

func noSuchLogin(err error) error {
	if bot9.KindOf(err) == bot9.NotFound {
		return bot9.Errorf(bot9.NotFound, "deviceLoginNotFound", "No login has this code, or its ten minutes are over.")
	}
	return err
}

func newUserCode() string {
	code := make([]byte, 0, userCodeChars)
	random := make([]byte, 1)
	const even = 256 - 256%len(userCodeLetters) // beyond it some letters would come more often
	for len(code) < userCodeChars {
		_, _ = rand.Read(random) // never fails: it ends the program instead
		if int(random[0]) < even {
			code = append(code, userCodeLetters[int(random[0])%len(userCodeLetters)])
		}
	}
	return string(code)
}

// shown is a login whose code is as people see it, XXXX-XXXX.
func shown(login bot9.DeviceLogin) bot9.DeviceLogin {
	if len(login.UserCode) == userCodeChars {
		login.UserCode = login.UserCode[:userCodeChars/2] + "-" + login.UserCode[userCodeChars/2:]
	}
	return login
}

// plainUserCode takes a code as people type it: in any case, with or without dash and spaces.
func plainUserCode(typed string) string {
	return strings.Map(func(r rune) rune {
		if r = unicode.ToUpper(r); strings.ContainsRune(userCodeLetters, r) {
			return r
		}
		if r == '-' || unicode.IsSpace(r) {
			return -1
		}
		return '?' // in no code
	}, typed)
}

// plainName is a name that a stranger gave, fit to be shown in one line.
func plainName(name string) string {
	name = strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, name)), " ")
	if utf8.RuneCountInString(name) > maxClientName {
		name = string([]rune(name)[:maxClientName-1]) + "…"
	}
	if name == "" {
		return unnamedClientName
	}
	return name
}
