package client

import (
	"context"
	"net/http"
	"strings"
	"time"
)

// List is a part of a list; NextCursor is "" on the last one.
type List[T any] struct {
	Data       []T    `json:"data"`
	NextCursor string `json:"nextCursor"`
}

// Page asks for a part of a list.
type Page struct {
	Limit  int    // 1 to 250; 0 leaves it to the server
	Cursor string // from the page before
}

// Account tells who calls.
type Account struct {
	ID      string       `json:"id"`
	Email   string       `json:"email"`
	Name    string       `json:"name"`
	Chatbot *ChatbotName `json:"chatbot"` // with a key its chatbot, with a session the first; nil if there is none
	Role    string       `json:"role"`
}

// ChatbotName is a chatbot in short.
type ChatbotName struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Key is a secret key. Secret is set only when it was just made.
type Key struct {
	ID         string    `json:"id"`
	ChatbotID  string    `json:"chatbotId"`
	Name       string    `json:"name"`
	Hint       string    `json:"hint"` // the secret's last four characters
	CreatedAt  time.Time `json:"createdAt"`
	LastUsedAt time.Time `json:"lastUsedAt"`
	GraceUntil time.Time `json:"graceUntil"` // until when the secret before the last rotation stays valid
	Secret     string    `json:"secret"`

	Scopes     []string  `json:"scopes,omitempty"`     // all that it may do; none: everything that a developer may
	ExpiresAt  time.Time `json:"expiresAt,omitzero"`   // from then on it is refused
	AllowedIPs []string  `json:"allowedIps,omitempty"` // where it may be used from; none: anywhere
}

// Account tells who the caller is, and which chatbot the key belongs to.
func (c *Client) Account(ctx context.Context) (Account, error) {
	var account Account
	err := c.do(ctx, &call{method: http.MethodGet, path: []string{"auth", "account"}}, &account)
	return account, err
}

// Login begins a session, which further calls are made by instead of the key.
func (c *Client) Login(ctx context.Context, email, password string) error {
	response, err := c.try(ctx, &call{method: http.MethodPost, path: []string{"auth", "login"}, in: struct {
		Email    string `json:"email"`
		Password string `json:"password"`
	}{email, password}})
	if err != nil {
		return err
	}
	defer response.Body.Close()
	for _, cookie := range response.Cookies() {
		if strings.TrimPrefix(cookie.Name, hostPrefix) == sessionCookie {
			c.session = &http.Cookie{Name: cookie.Name, Value: cookie.Value}
			return nil
		}
	}
	return notBot9(response)
}

// Logout ends the session that Login began.
func (c *Client) Logout(ctx context.Context) error {
	defer func() { c.session = nil }()
	return c.do(ctx, &call{method: http.MethodPost, path: []string{"auth", "logout"}}, nil)
}

// Keys lists the chatbot's keys. Like all operations on keys it takes a session.
func (c *Client) Keys(ctx context.Context) (List[Key], error) {
	return whole[Key](ctx, c, "keys")
}

// CreateKey makes a key; the answer is the only place where its secret is ever shown.
func (c *Client) CreateKey(ctx context.Context, name string) (Key, error) {
	return c.CreateLimitedKey(ctx, name, KeyLimits{})
}

// KeyLimits are what a key is confined to; what is left out doesn't restrict.
type KeyLimits struct {
	Scopes     []string   `json:"scopes,omitempty"`     // such as "events:write"
	ExpiresAt  *time.Time `json:"expiresAt,omitempty"`  // from then on it is refused
	AllowedIPs []string   `json:"allowedIps,omitempty"` // IP addresses and CIDRs
}

// CreateLimitedKey makes a key that may do less than CreateKey's.
func (c *Client) CreateLimitedKey(ctx context.Context, name string, limits KeyLimits) (Key, error) {
	var key Key
	err := c.create(ctx, struct {
		Name string `json:"name"`
		KeyLimits
	}{name, limits}, &key, "keys")
	return key, err
}

// RotateKey gives a key a new secret; the old one stays valid for the overlap.
func (c *Client) RotateKey(ctx context.Context, id string, overlap time.Duration) (Key, error) {
	var key Key
	err := c.create(ctx, overlapOf(overlap), &key, "keys", id, "rotate")
	return key, err
}

// RevokeKey ends a key.
func (c *Client) RevokeKey(ctx context.Context, id string) error {
	return c.send(ctx, http.MethodDelete, nil, nil, "keys", id)
}

func overlapOf(d time.Duration) any {
	return map[string]int{"overlapSeconds": int(d.Seconds())}
}
