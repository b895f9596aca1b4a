package api

import (
	"context"
	"encoding/json"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

// Visitors knows the people who talk in widgets, and tells their streams what happens.
type Visitors interface {
	NormalizeOrigin(text, location string) (string, error)
	// Allows tells whether the page that made a request may use a widget that allows these origins.
	Allows(r *http.Request, allowed []string) bool
	Session(w *bot9.Widget, in bot9.SessionInput, now time.Time) (bot9.VisitorSession, error)
	ReadToken(token string) (v bot9.Visitor, expires bot9.Time, ok bool)
	// Open begins a stream. What is committed after it has returned is among the updates; they end when the stream has
	// fallen too far behind. leave is called once.
	Open(ctx context.Context, v bot9.Visitor) (updates <-chan bot9.VisitorUpdate, leave func(), err error)
	UpdatesOf(ctx context.Context, event *bot9.Event) ([]bot9.VisitorUpdate, error)
}

// VisitorStore is what the API reads of visitors by itself.
type VisitorStore interface {
	Visitor(ctx context.Context, v bot9.Visitor) (bot9.Visitor, error)
	SaidBefore(ctx context.Context, v bot9.Visitor, clientID string) (bool, error)
	ReadByVisitor(ctx context.Context, v bot9.Visitor, message bot9.MessageID) error
	MessagesBefore(ctx context.Context, conversation bot9.ConversationID, before bot9.MessageID, n int) ([]bot9.Message, error)
}

// Who may call an operation of the widget.
const (
	bySession = "session" // a page that begins a session
	byToken   = "token"   // a visitor with a token
)

const (
	widgetPath  = basePath + "widget/"
	sessionPath = widgetPath + "{chatbotId}/session"
	corsHeaders = "Authorization, Content-Type, Last-Event-ID"
	corsMaxAge  = "600" // seconds
)

const (
	codeOriginNotAllowed = "originNotAllowed"
	codeTokenExpired     = "tokenExpired"
	codeWidgetDisabled   = "widgetDisabled"
	codeVisitorBlocked   = "visitorBlocked"
)

// admitVisitor finds out which visitor calls, from which page, and whether they may. A page that may call reads the
// answer, also when it is an error.
func (s *server) admitVisitor(w http.ResponseWriter, r *http.Request, a access) (*caller, error) {
	w.Header().Add("Vary", "Origin")
	c := &caller{}
	if a.widget == byToken {
		scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		v, until, ok := s.Visitors.ReadToken(strings.TrimSpace(token))
		if !ok || !strings.EqualFold(scheme, "Bearer") {
			return nil, bot9.Errorf(bot9.Unauthorized, codeUnauthorized, "A visitor's token is required (Authorization: Bearer bot9_vt_…).")
		}
		c.Principal, c.expires = bot9.VisitorPrincipal(&v), until
	} else {
		id, ok := parseID[bot9.ChatbotID](r.PathValue("chatbotId"))
		if !ok {
			return nil, notFound()
		}
		c.Principal = bot9.Principal{Kind: bot9.ByNobody, ChatbotID: id}
	}
	c.chatbot, c.Address = c.ChatbotID, s.ClientIP(r)
	if err := s.admitPage(w, r, c); err != nil {
		return nil, err
	}
	if a.widget == byToken && bot9.At(time.Now()) >= c.expires {
		return c, bot9.Errorf(bot9.Unauthorized, codeTokenExpired, "The token has expired; renew the session with the visitor's secret.")
	}
	return c, s.limitVisitor(r, c)
}

// admitPage refuses pages that may not embed the widget, and lets those that may read the answer.
func (s *server) admitPage(w http.ResponseWriter, r *http.Request, c *caller) error {
	widget, err := s.Store.Widget(r.Context(), c.chatbot)
	if err != nil {
		return err
	}
	if !s.Visitors.Allows(r, widget.AllowedOrigins) {
		return bot9.Errorf(bot9.Forbidden, codeOriginNotAllowed, "This page may not use the widget: its origin is not among the allowed ones.")
	}
	if origin := r.Header.Get("Origin"); origin != "" {
		w.Header().Set("Access-Control-Allow-Origin", origin)
		w.Header().Set("Access-Control-Expose-Headers", "Retry-After, Request-Id")
	}
	c.widget = &widget
	if !widget.Enabled {
		return bot9.Errorf(bot9.Forbidden, codeWidgetDisabled, "The widget is switched off.")
	}
	if blocksAddress(&widget, c.Address) {
		return blocked()
	}
	return nil
}

func blocked() error {
	return bot9.Errorf(bot9.Forbidden, codeVisitorBlocked, "This visitor is blocked.")
}

// limitVisitor bounds what a visitor does, and an address. Programs on this machine, be it a proxy that isn't named as
// a trusted one, speak for many.
func (s *server) limitVisitor(r *http.Request, c *caller) error {
	now := time.Now()
	if addr, err := netip.ParseAddr(c.Address); err != nil || !addr.IsLoopback() {
		if err := s.byVisitorAddress.take(c.Address, now); err != nil {
			return err
		}
	}
	if c.Visitor == nil || r.Method == http.MethodGet {
		return nil
	}
	return s.byVisitor.take(c.ID, now)
}

// answerPreflight answers a browser that asks whether a page may call. It names no token yet: a page of any origin that
// some widget allows may ask, and the call itself is checked against its own widget.
func (s *server) answerPreflight(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Add("Vary", "Origin, Access-Control-Request-Method, Access-Control-Request-Headers")
	origin := r.Header.Get("Origin")
	allowed := s.Visitors.Allows(r, nil)
	if !allowed && origin != "" && len(r.Header.Values("Origin")) == 1 {
		var err error
		if allowed, err = s.preflightAllowed(r, origin); err != nil {
			fail(w, r, err)
			return
		}
	}
	if !allowed {
		fail(w, r, bot9.Errorf(bot9.Forbidden, codeOriginNotAllowed, "This page may not use the widget: its origin is not among the allowed ones."))
		return
	}
	if origin != "" {
		header.Set("Access-Control-Allow-Origin", origin)
	}
	header.Set("Access-Control-Allow-Methods", "GET, POST")
	header.Set("Access-Control-Allow-Headers", corsHeaders)
	header.Set("Access-Control-Max-Age", corsMaxAge)
	w.WriteHeader(http.StatusNoContent)
}

func (s *server) preflightAllowed(r *http.Request, origin string) (bool, error) {
	if !strings.HasSuffix(r.URL.Path, "/session") {
		return s.Store.OriginAllowed(r.Context(), origin)
	}
	text, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, widgetPath), "/")
	id, ok := parseID[bot9.ChatbotID](text)
	if !ok {
		return false, nil
	}
	widget, err := s.Store.Widget(r.Context(), id)
	if bot9.KindOf(err) == bot9.NotFound {
		return false, nil
	}
	return err == nil && s.Visitors.Allows(r, widget.AllowedOrigins), err
}

// VisitorUser is what a page tells of the visitor.
type VisitorUser struct {
	ExternalID       string         `json:"externalId,omitempty" maxLength:"256" doc:"The integrator's own name for the end user, proven by hash" example:"user123"`
	ClaimedID        string         `json:"claimedId,omitempty" maxLength:"256" doc:"The same without proof: kept beside the end user, and never joined with a proven one" example:"user123"`
	Name             string         `json:"name,omitempty" maxLength:"200" doc:"Full name" example:"Ada Lovelace"`
	EmailID          string         `json:"emailId,omitempty" maxLength:"254" doc:"Email address" example:"ada@example.com"`
	CustomAttributes map[string]any `json:"customAttributes,omitempty" maxProperties:"50" doc:"Further properties, up to 4 KiB as JSON; kept with the end user and told in userIdentified"`
}

// VisitorSessionInput begins or renews a session.
type VisitorSessionInput struct {
	Visitor string       `json:"visitor,omitempty" maxLength:"100" doc:"The visitor's lasting secret, as an earlier session answered; a new visitor unless given"`
	User    *VisitorUser `json:"user,omitempty" doc:"What the page knows of the visitor"`
	Hash    string       `json:"hash,omitempty" maxLength:"128" doc:"Proves externalId: its hex HMAC-SHA256 with the widget's identitySecret, computed on your server"`
}

// WidgetSettings is what a visitor's browser is told of the widget.
type WidgetSettings struct {
	Name string `json:"name" doc:"The chatbot's name" example:"Support"`
	bot9.WidgetLook
}

// VisitorSession is a visitor's session.
type VisitorSession struct {
	Token        string               `json:"token" doc:"For Authorization: Bearer; it lasts an hour" example:"bot9_vt_AbCd"`
	Visitor      string               `json:"visitor" doc:"The visitor's lasting secret, to be kept in the browser" example:"bot9_vs_5TTGWQ0RB1O7C2WKVD3N8XYZA4HLMP9S5TTGWQ0RB1O7C2WKVD3N"`
	ExpiresAt    bot9.Time            `json:"expiresAt" format:"date-time" doc:"When the token expires; the same call renews it"`
	Conversation *VisitorConversation `json:"conversation" doc:"The visitor's newest conversation with its newest messages; null if there is none"`
	Settings     WidgetSettings       `json:"settings" doc:"How the widget looks and what it offers"`
}

type visitorSessionInput struct{ Body *VisitorSessionInput }

const maxAttributes = 4096 // bytes as JSON

func (s *server) registerVisitors() {
	session := operation(http.MethodPost, sessionPath, tagWidget, "beginVisitorSession",
		"Begin or renew a visitor's session", "For the widget in a browser: the page's origin must be allowed. A visitor is whoever has the lasting secret, or has proven an externalId.")
	session.DefaultStatus = http.StatusCreated
	register(s, access{widget: bySession}, session, s.beginVisitorSession)
	s.registerVisitorTalk()
	s.registerVisitorStream()
	s.registerAttachments()
}

func (s *server) beginVisitorSession(ctx context.Context, c *caller, in *visitorSessionInput) (*output[VisitorSession], error) {
	input, err := in.Body.input()
	if err != nil {
		return nil, err
	}
	session, err := s.Visitors.Session(c.widget, input, time.Now())
	if err != nil {
		return nil, err
	}
	v := session.Visitor
	ctx = bot9.WithPrincipal(ctx, s.actingVisitor(c, &v))
	if v.Subject != session.Anonymous.Subject && input.Secret != "" {
		if err := s.Chat.AdoptVisitor(ctx, session.Anonymous, v); err != nil {
			return nil, err
		}
	}
	known, err := s.Store.Visitor(ctx, v)
	if err != nil {
		return nil, err
	}
	if blocksUser(c.widget, known.EndUserID) {
		return nil, blocked()
	}
	if in.Body != nil && in.Body.User != nil && known.ConversationID != 0 {
		if err := s.Chat.IdentifyVisitor(ctx, v); err != nil {
			return nil, err
		}
	}
	out := VisitorSession{Token: session.Token, Visitor: session.Secret, ExpiresAt: session.ExpiresAt, Settings: WidgetSettings{WidgetLook: shownWidget(c, *c.widget).WidgetLook}}
	if out.Settings.Name, err = s.Store.ChatbotName(ctx, c.chatbot); err != nil {
		return nil, err
	}
	out.Conversation, err = s.visitorConversation(ctx, known, 0)
	if bot9.KindOf(err) == bot9.NotFound {
		err = nil
	}
	return answer(out, err)
}

func (s *server) actingVisitor(c *caller, v *bot9.Visitor) bot9.Principal {
	p := bot9.VisitorPrincipal(v)
	p.Address = c.Address
	return p
}

func (in *VisitorSessionInput) input() (out bot9.SessionInput, err error) {
	if in == nil {
		return out, nil
	}
	out.Secret, out.Hash = in.Visitor, in.Hash
	if in.User == nil {
		return out, nil
	}
	out.ExternalID, out.ClaimedID = in.User.ExternalID, in.User.ClaimedID
	out.Details = bot9.Details{Name: in.User.Name, EmailID: in.User.EmailID}
	if len(in.User.CustomAttributes) == 0 {
		return out, nil
	}
	text, err := json.Marshal(in.User.CustomAttributes)
	if err == nil && len(text) > maxAttributes {
		err = bot9.InvalidField(codeValidation, "body.user.customAttributes", "They must have at most %d bytes as JSON.", maxAttributes)
	}
	out.Attributes = bot9.Attributes(text)
	return out, err
}
