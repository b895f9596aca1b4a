package api

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

// DeviceAuth lets programs without a browser log in through a person's: RFC 8628 in spirit. User
// codes come and go as people see them, XXXX-XXXX.
type DeviceAuth interface {
	StartDeviceLogin(ctx context.Context, clientName, address string) (deviceCode string, login bot9.DeviceLogin, interval time.Duration, err error)
	DeviceLogin(ctx context.Context, userCode string) (bot9.DeviceLogin, error)
	DecideDeviceLogin(ctx context.Context, userCode string, chatbot bot9.ChatbotID) (bot9.DeviceLogin, error)
	CollectDeviceLogin(ctx context.Context, deviceCode string) (secret string, key bot9.Key, chatbot bot9.Chatbot, err error)
}

// The codes of RFC 8628 §3.5, which are answered with status 400 as there.
const (
	codeAuthorizationPending = "authorizationPending"
	codeSlowDown             = "slowDown"
	codeAccessDenied         = "accessDenied"
	codeExpiredToken         = "expiredToken"
)

// DeviceStart says who wants to log in.
type DeviceStart struct {
	ClientName string `json:"clientName,omitempty" maxLength:"200" doc:"What the person is told, and what the key will be called" example:"bot9 on ada-laptop"`
}

// DeviceCodes begin a login.
type DeviceCodes struct {
	DeviceCode              string `json:"deviceCode" doc:"For the program alone: whoever has it gets the key" example:"Zr6m3wq0cJ5nV8yT1kXbS4uF7pLhD2aGeRiOoMzN9vQ"`
	UserCode                string `json:"userCode" doc:"For the person to compare, or to type in" example:"BCDF-GHJK"`
	VerificationURL         string `json:"verificationUrl" doc:"The page to open in a browser" example:"https://bot9.example.com/device"`
	VerificationURLComplete string `json:"verificationUrlComplete" doc:"The same, with the code filled in" example:"https://bot9.example.com/device?code=BCDF-GHJK"`
	ExpiresIn               int    `json:"expiresIn" doc:"Seconds that the codes are valid" example:"600"`
	Interval                int    `json:"interval" doc:"Seconds to wait between two questions for the key" example:"2"`
}

// DeviceTokenInput asks for the key.
type DeviceTokenInput struct {
	DeviceCode string `json:"deviceCode" minLength:"1" maxLength:"200" doc:"As it came when the login was started"`
}

// DeviceToken is what an approved login brings.
type DeviceToken struct {
	Key     KeyWithSecret `json:"key" doc:"A new key, named after the program"`
	Chatbot ChatbotName   `json:"chatbot" doc:"The chatbot that the key is for"`
}

// DeviceLoginInfo tells a person who wants to log in.
type DeviceLoginInfo struct {
	UserCode   string            `json:"userCode" doc:"What the program shows, for comparing" example:"BCDF-GHJK"`
	ClientName string            `json:"clientName" doc:"As the program calls itself; nobody has checked it" example:"bot9 on ada-laptop"`
	Address    string            `json:"address" doc:"The IP address that it asked from" example:"192.0.2.7"`
	Status     bot9.DeviceStatus `json:"status" enum:"pending,approved,denied" doc:"What was decided"`
	CreatedAt  bot9.Time         `json:"createdAt" format:"date-time" doc:"When the program asked"`
	ExpiresAt  bot9.Time         `json:"expiresAt" format:"date-time" doc:"Until when it can be decided and collected"`
}

// DeviceDecision is what a person says to it.
type DeviceDecision struct {
	Approve   bool                 `json:"approve" doc:"false denies the login"`
	ChatbotID *Ref[bot9.ChatbotID] `json:"chatbotId,omitempty" doc:"Which chatbot the key is for; needed to approve"`
}

// UserCodePath names a device login.
type UserCodePath struct {
	UserCode string `path:"userCode" maxLength:"40" doc:"In any case, with or without the dash" example:"BCDF-GHJK"`
}

type deviceStartInput struct{ Body *DeviceStart }

type deviceTokenInput struct{ Body DeviceTokenInput }

type deviceDecisionInput struct {
	UserCodePath
	Body DeviceDecision
}

func (s *server) registerDeviceLogins() {
	const path = basePath + "auth/device"
	register(s, access{guarded: true}, operation(http.MethodPost, path, tagAccount, "startDeviceLogin",
		"Start a login through the browser", "For programs without a browser, after RFC 8628: show the person the user code and the URL, "+
			"then ask for the key every `interval` seconds with `POST /api/auth/device/token`."), s.startDeviceLogin)
	register(s, access{guarded: true}, operation(http.MethodPost, path+"/token", tagAccount, "collectDeviceLogin",
		"Get the key of a login through the browser", "Answers with a new secret key once a person has approved, and only once. Until then it is a "+
			"400 with the code `authorizationPending` (ask again), `slowDown` (wait 5 seconds longer between questions from now on), "+
			"`accessDenied` (the person said no) or `expiredToken` (start anew)."), s.collectDeviceLogin)
	register(s, access{role: bot9.Viewer, session: true, guarded: true}, operation(http.MethodGet, path+"/{userCode}", tagAccount, "getDeviceLogin",
		"Who wants to log in", "What a person should look at before they approve."), s.getDeviceLogin)
	register(s, access{role: bot9.Admin, session: true, guarded: true}, operation(http.MethodPost, path+"/{userCode}", tagAccount, "decideDeviceLogin",
		"Approve or deny a login", "Approving lets the program that shows the user code collect a new key of the chatbot, named after the program."), s.decideDeviceLogin)
}

func (s *server) startDeviceLogin(ctx context.Context, _ *caller, in *deviceStartInput) (*output[DeviceCodes], error) {
	name := ""
	if in.Body != nil {
		name = in.Body.ClientName
	}
	code, login, interval, err := s.Auth.StartDeviceLogin(ctx, name, s.ClientIP(exchangeFrom(ctx).request))
	page := s.BaseURL + "/device"
	return answer(DeviceCodes{
		DeviceCode: code, UserCode: login.UserCode,
		VerificationURL: page, VerificationURLComplete: page + "?code=" + url.QueryEscape(login.UserCode),
		ExpiresIn: int(login.ExpiresAt.Sub(login.CreatedAt).Seconds()), Interval: int(interval.Seconds()),
	}, err)
}

func (s *server) collectDeviceLogin(ctx context.Context, _ *caller, in *deviceTokenInput) (*output[DeviceToken], error) {
	secret, key, chatbot, err := s.Auth.CollectDeviceLogin(ctx, in.Body.DeviceCode)
	return answer(DeviceToken{
		Key: KeyWithSecret{Key: key, Secret: secret}, Chatbot: ChatbotName{ID: chatbot.ID, Name: chatbot.Name},
	}, err)
}

func (s *server) getDeviceLogin(ctx context.Context, _ *caller, in *UserCodePath) (*output[DeviceLoginInfo], error) {
	return deviceLoginInfo(s.Auth.DeviceLogin(ctx, in.UserCode))
}

func (s *server) decideDeviceLogin(ctx context.Context, c *caller, in *deviceDecisionInput) (*output[DeviceLoginInfo], error) {
	if !in.Body.Approve {
		return deviceLoginInfo(s.Auth.DecideDeviceLogin(ctx, in.UserCode, 0))
	}
	if in.Body.ChatbotID == nil {
		return nil, bot9.InvalidField(codeValidation, "body.chatbotId", "Say which chatbot the key is for.")
	}
	chatbot, err := s.Store.Chatbot(ctx, c.AccountID, in.Body.ChatbotID.ID)
	if err != nil {
		return nil, err
	}
	return deviceLoginInfo(s.Auth.DecideDeviceLogin(ctx, in.UserCode, chatbot.ID))
}

func deviceLoginInfo(login bot9.DeviceLogin, err error) (*output[DeviceLoginInfo], error) {
	return answer(DeviceLoginInfo{
		UserCode: login.UserCode, ClientName: login.ClientName, Address: login.Address, Status: login.Status,
		CreatedAt: login.CreatedAt, ExpiresAt: login.ExpiresAt,
	}, err)
}
