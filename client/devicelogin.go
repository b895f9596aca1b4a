package client

import (
	"context"
	"errors"
	"net/http"
	"time"
)

// slower is how much longer to wait between two questions when the server asks for it, or can't be
// reached: RFC 8628 §3.5.
const slower = 5 * time.Second

// DeviceLogin is a login through a person's browser: show them UserCode and the URL, then wait.
type DeviceLogin struct {
	DeviceCode              string `json:"deviceCode"` // a secret of this program
	UserCode                string `json:"userCode"`
	VerificationURL         string `json:"verificationUrl"`
	VerificationURLComplete string `json:"verificationUrlComplete"` // with the code filled in
	ExpiresIn               int    `json:"expiresIn"`               // seconds
	Interval                int    `json:"interval"`                // seconds between two questions
}

// DeviceToken is what a person has given the program.
type DeviceToken struct {
	Key     Key         `json:"key"`
	Chatbot ChatbotName `json:"chatbot"`
}

// StartDeviceLogin begins a login; name is what the person is told, and what the key will be called.
func (c *Client) StartDeviceLogin(ctx context.Context, name string) (DeviceLogin, error) {
	var login DeviceLogin
	err := c.do(ctx, &call{method: http.MethodPost, path: []string{"auth", "device"}, in: map[string]string{"clientName": name}}, &login)
	return login, err
}

// AwaitDeviceLogin waits until the person has approved, and returns the new key. It fails with the
// Problem "accessDenied" or "expiredToken" if they refuse, or don't do anything.
func (c *Client) AwaitDeviceLogin(ctx context.Context, login DeviceLogin) (DeviceToken, error) {
	interval := time.Duration(login.Interval) * time.Second
	deadline := time.Now().Add(time.Duration(login.ExpiresIn) * time.Second)
	for {
		if err := c.options.Pause(ctx, interval); err != nil {
			return DeviceToken{}, err
		}
		var token DeviceToken
		err := c.do(ctx, &call{method: http.MethodPost, path: []string{"auth", "device", "token"}, in: map[string]string{"deviceCode": login.DeviceCode}}, &token)
		if err == nil {
			return token, nil
		}
		problem, answered := errors.AsType[*Problem](err)
		switch {
		case answered && problem.Code == "authorizationPending":
		case !answered, problem.Code == "slowDown", problem.Status == http.StatusTooManyRequests, problem.Status >= http.StatusInternalServerError:
			interval += slower
		default:
			return token, err
		}
		if ctx.Err() != nil || time.Now().After(deadline) {
			return token, err
		}
	}
}
