package api

import (
	"context"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

// deviceLogins are those that tests begin: one at a time, with the codes "device" and "BCDF-GHJK".
type deviceLogins struct {
	login bot9.DeviceLogin
	asked int
}

func (w *world) StartDeviceLogin(_ context.Context, clientName, address string) (string, bot9.DeviceLogin, time.Duration, error) {
	w.device = deviceLogins{login: bot9.DeviceLogin{
		UserCode: "BCDF-GHJK", ClientName: clientName, Address: address, Status: bot9.DevicePending,
		CreatedAt: 1_795_000_000_000, ExpiresAt: 1_795_000_600_000,
	}}
	return "device", w.device.login, 2 * time.Second, nil
}

func (w *world) DeviceLogin(_ context.Context, userCode string) (bot9.DeviceLogin, error) {
	if userCode != w.device.login.UserCode {
		return bot9.DeviceLogin{}, bot9.Errorf(bot9.NotFound, "deviceLoginNotFound", "No login has this code.")
	}
	return w.device.login, nil
}

func (w *world) DecideDeviceLogin(ctx context.Context, userCode string, chatbot bot9.ChatbotID) (bot9.DeviceLogin, error) {
	login, err := w.DeviceLogin(ctx, userCode)
	if err != nil {
		return login, err
	}
	w.device.login.Status, w.device.login.ChatbotID = bot9.DeviceDenied, chatbot
	if chatbot != 0 {
		w.device.login.Status = bot9.DeviceApproved
	}
	return w.device.login, nil
}

func (w *world) CollectDeviceLogin(_ context.Context, deviceCode string) (string, bot9.Key, bot9.Chatbot, error) {
	w.device.asked++
	var err error
	switch {
	case deviceCode != "device":
		err = bot9.Errorf(bot9.NotFound, codeExpiredToken, "Start anew.")
	case w.device.login.Status == bot9.DeviceDenied:
		err = bot9.Errorf(bot9.Forbidden, codeAccessDenied, "No.")
	case w.device.login.Status == bot9.DevicePending && w.device.asked > 1:
		err = bot9.Errorf(bot9.RateLimited, codeSlowDown, "Slower.")
	case w.device.login.Status == bot9.DevicePending:
		err = bot9.Errorf(bot9.Conflict, codeAuthorizationPending, "Not yet.")
	}
	key := bot9.Key{ID: 5, ChatbotID: w.device.login.ChatbotID, Name: w.device.login.ClientName}
	return "bot9_sk_device", key, bot9.Chatbot{ID: key.ChatbotID, Name: "Support"}, err
}

func TestDeviceLogin(t *testing.T) {
	const start, token, one = "POST /api/auth/device", "POST /api/auth/device/token", "/api/auth/device/BCDF-GHJK"
	w := newWorld()
	approval := `{"approve":true,"chatbotId":"` + w.bot().String() + `"}`
	run(t, w, []request{
		{name: "it needs no name", call: start, status: 200, want: []string{`"userCode":"BCDF-GHJK"`}},
		{name: "another site's page can't start one", call: start, header: map[string]string{"Sec-Fetch-Site": "cross-site"}, status: 403},
		{name: "starting", call: start, body: `{"clientName":"bot9 on laptop"}`, status: 200, want: []string{
			`"deviceCode":"device"`, `"verificationUrl":"https://bot9.example.com/device"`,
			`"verificationUrlComplete":"https://bot9.example.com/device?code=BCDF-GHJK"`, `"expiresIn":600`, `"interval":2`,
		}},
		{name: "waiting", call: token, body: `{"deviceCode":"device"}`, status: 400, want: []string{`"authorizationPending"`}, not: []string{"bot9_sk_device"}},
		{name: "asking too often", call: token, body: `{"deviceCode":"device"}`, status: 400, want: []string{`"slowDown"`}},
		{name: "a wrong code", call: token, body: `{"deviceCode":"guess"}`, status: 400, want: []string{`"expiredToken"`}, not: []string{"bot9_sk_device"}},
		{name: "no code", call: token, body: `{}`, status: 422},

		{name: "nobody looks", call: "GET " + one, status: 401},
		{name: "a key doesn't look", as: key, call: "GET " + one, status: 403, want: []string{`"sessionRequired"`}},
		{name: "a viewer looks", as: viewer, call: "GET " + one, status: 200, want: []string{`"clientName":"bot9 on laptop"`, `"address":"192.0.2.1"`, `"pending"`}},
		{name: "no such code", as: owner, call: "GET /api/auth/device/XXXX-XXXX", status: 404, want: []string{`"deviceLoginNotFound"`}},
		{name: "a developer doesn't approve", as: developer, call: "POST " + one, body: approval, status: 403, want: []string{`"roleTooLow"`}},
		{name: "a key doesn't approve", as: key, call: "POST " + one, body: approval, status: 403, want: []string{`"sessionRequired"`}},
		{name: "another site's page can't approve", as: admin, call: "POST " + one, body: approval, header: map[string]string{"Sec-Fetch-Site": "cross-site"}, status: 403},
		{name: "for no chatbot", as: admin, call: "POST " + one, body: `{"approve":true}`, status: 422, want: []string{"body.chatbotId"}},
		{name: "for another's chatbot", as: admin, call: "POST " + one, body: `{"approve":true,"chatbotId":"` + w.strangersBot().String() + `"}`, status: 404},
		{name: "approved", as: admin, call: "POST " + one, body: approval, status: 200, want: []string{`"approved"`}},
		{name: "collected", call: token, body: `{"deviceCode":"device"}`, status: 200, want: []string{`"secret":"bot9_sk_device"`, `"chatbot":{"id":"` + w.bot().String() + `","name":"Support"}`}},

		{name: "another one", call: start, status: 200},
		{name: "denied", as: admin, call: "POST " + one, body: `{"approve":false}`, status: 200, want: []string{`"denied"`}},
		{name: "and told so", call: token, body: `{"deviceCode":"device"}`, status: 400, want: []string{`"accessDenied"`}},
	})
}

// Codes are tried no faster than passwords.
func TestDeviceLoginIsLimitedByAddress(t *testing.T) {
	w := newWorld()
	options := w.options()
	options.PerAddress = Limit{Rate: 0.001, Burst: 2}
	for _, call := range []string{"POST /api/auth/device", "GET /api/auth/device/XXXX-XXXX"} {
		handler := serve(t, options)
		for i, status := range []int{0, 0, 429} {
			q := request{as: owner, call: call}
			rec := httptest.NewRecorder()
			if handler.ServeHTTP(rec, q.make(w)); status != 0 && rec.Code != status {
				t.Errorf("%s: call %d: status %d, want %d", call, i+1, rec.Code, status)
			}
		}
	}
}
