package api

import (
	"context"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/bot9/bot9/internal/bot9"
)

// WidgetStore keeps how chatbots appear on websites.
type WidgetStore interface {
	Widget(ctx context.Context, chatbot bot9.ChatbotID) (bot9.Widget, error)
	ChangeWidget(ctx context.Context, chatbot bot9.ChatbotID, change func(*bot9.Widget) error) (bot9.Widget, error)
	OriginAllowed(ctx context.Context, origin string) (bool, error)
}

// WidgetChange is a merge patch (RFC 7396): it changes what is given and leaves the rest as it is; null removes.
type WidgetChange struct {
	Enabled        *bool              `json:"enabled,omitempty" doc:"Whether the widget answers at all"`
	AllowedOrigins Optional[[]string] `json:"allowedOrigins,omitempty" maxItems:"100" doc:"Origins of the pages that may embed the widget: scheme, host and port, no path, no wildcard. The server's own pages always may" example:"https://shop.example"`
	Title          Optional[string]   `json:"title,omitempty" maxLength:"80" doc:"The window's heading" example:"Shop support"`
	Greeting       Optional[string]   `json:"greeting,omitempty" maxLength:"1000" doc:"What the window says before the first message" example:"Hi! How can we help?"`
	Suggestions    Optional[[]string] `json:"suggestions,omitempty" maxItems:"6" doc:"Questions that can be asked by a click, each up to 120 characters" example:"How long does delivery take?"`
	Color          Optional[string]   `json:"color,omitempty" pattern:"^#[0-9a-fA-F]{6}$" patternDescription:"a colour like #4f46e5" doc:"Accent colour" example:"#4f46e5"`
	Position       *string            `json:"position,omitempty" enum:"right,left" doc:"The corner that the launcher is in"`
	Locale         *string            `json:"locale,omitempty" enum:"auto,en,de,fr,es,it,nl,pt,ja" doc:"Language of the widget's own words; auto = the visitor's browser chooses"`
	Lead           *WidgetLeadChange  `json:"lead,omitempty" doc:"Whether the widget asks for contact details"`
	CSAT           *bool              `json:"csat,omitempty" doc:"Ask for a score and a comment when a conversation is closed"`
	Ratings        *bool              `json:"ratings,omitempty" doc:"Show thumbs under the bot's answers"`
	Attachments    *bool              `json:"attachments,omitempty" doc:"Let visitors send images and PDF files"`
	Handover       *bool              `json:"handover,omitempty" doc:"Offer to talk to a person"`
	Blocked        Optional[[]string] `json:"blocked,omitempty" maxItems:"1000" doc:"Who is refused: IP addresses, CIDRs and end users' IDs" example:"203.0.113.7"`
}

// WidgetLeadChange says when to ask for contact details.
type WidgetLeadChange struct {
	When   *string            `json:"when,omitempty" enum:"never,start,handover" doc:"never; start = before the first message; handover = once a human is asked for"`
	Fields Optional[[]string] `json:"fields,omitempty" maxItems:"3" enum:"name,emailId,phone" doc:"What to ask for" example:"name,emailId"`
}

type changeWidgetInput struct {
	IfMatch
	Body WidgetChange
}

func (s *server) registerWidget() {
	const path = chatbotPath + "widget"
	register(s, access{role: bot9.Viewer}, operation(http.MethodGet, path, tagWidget, "getWidget",
		"Get the widget's settings", "How the chatbot appears on websites, and which may embed it. Owners and admins see the identity secret."), s.getWidget)
	register(s, access{role: bot9.Developer}, operation(http.MethodPatch, path, tagWidget, "changeWidget",
		"Change the widget's settings", "Pages that are open take them over when their session is renewed, within the hour."), s.changeWidget)
}

func (s *server) getWidget(ctx context.Context, c *caller, _ *struct{}) (*editable[bot9.Widget], error) {
	w, err := s.Store.Widget(ctx, c.chatbot)
	return answerEditable(w, shownWidget(c, w), err)
}

func (s *server) changeWidget(ctx context.Context, c *caller, in *changeWidgetInput) (*editable[bot9.Widget], error) {
	w, err := s.Store.ChangeWidget(in.expect(ctx), c.chatbot, func(w *bot9.Widget) error {
		in.Body.apply(w)
		return s.checkWidget(w)
	})
	return answerEditable(w, shownWidget(c, w), err)
}

// shownWidget leaves out the identity secret for all but owners and admins.
func shownWidget(c *caller, w bot9.Widget) bot9.Widget {
	if !c.role().AtLeast(bot9.Admin) {
		w.IdentitySecret = ""
	}
	w.AllowedOrigins, w.Suggestions, w.Blocked, w.Lead.Fields = nonNil(w.AllowedOrigins), nonNil(w.Suggestions), nonNil(w.Blocked), nonNil(w.Lead.Fields)
	return w
}

func (in *WidgetChange) apply(w *bot9.Widget) {
	fresh := bot9.NewWidget(w.ChatbotID)
	set(&w.Enabled, in.Enabled)
	patch(&w.AllowedOrigins, in.AllowedOrigins, fresh.AllowedOrigins)
	patch(&w.Title, in.Title, fresh.Title)
	patch(&w.Greeting, in.Greeting, fresh.Greeting)
	patch(&w.Suggestions, in.Suggestions, fresh.Suggestions)
	patch(&w.Color, in.Color, fresh.Color)
	set(&w.Position, in.Position)
	set(&w.Locale, in.Locale)
	if in.Lead != nil {
		set(&w.Lead.When, in.Lead.When)
		patch(&w.Lead.Fields, in.Lead.Fields, fresh.Lead.Fields)
	}
	set(&w.CSAT, in.CSAT)
	set(&w.Ratings, in.Ratings)
	set(&w.Attachments, in.Attachments)
	set(&w.Handover, in.Handover)
	patch(&w.Blocked, in.Blocked, fresh.Blocked)
}

const (
	maxSuggestion     = 120 // characters
	codeInvalidWidget = "invalidWidget"
)

// checkWidget refuses what a widget can't be like, and writes origins as browsers do.
func (s *server) checkWidget(w *bot9.Widget) error {
	origins := make([]string, 0, len(w.AllowedOrigins))
	for i, text := range w.AllowedOrigins {
		origin, err := s.Visitors.NormalizeOrigin(strings.TrimSpace(text), indexed("body.allowedOrigins", i))
		if err != nil {
			return err
		}
		origins = append(origins, origin)
	}
	w.AllowedOrigins = withoutRepeats(origins)
	for i, text := range w.Suggestions {
		if strings.TrimSpace(text) == "" || len([]rune(text)) > maxSuggestion {
			return bot9.InvalidField(codeInvalidWidget, indexed("body.suggestions", i), "A suggestion must have 1 to %d characters.", maxSuggestion)
		}
	}
	if w.Lead.When != bot9.LeadNever && len(w.Lead.Fields) == 0 {
		return bot9.InvalidField(codeInvalidWidget, "body.lead.fields", "To ask for contact details, name at least one field.")
	}
	for i, text := range w.Blocked {
		if !isBlockable(text) {
			return bot9.InvalidField(codeInvalidWidget, indexed("body.blocked", i), "It must be an IP address, a CIDR, or an end user's ID (usr_…).")
		}
	}
	return nil
}

func withoutRepeats(list []string) []string {
	kept := make([]string, 0, len(list))
	seen := make(map[string]bool, len(list))
	for _, item := range list {
		if !seen[item] {
			seen[item] = true
			kept = append(kept, item)
		}
	}
	return kept
}

func isBlockable(text string) bool {
	if _, ok := parseNetwork(text); ok {
		return true
	}
	_, ok := parseID[bot9.EndUserID](text)
	return ok
}

// blocksUser tells whether a widget refuses an end user.
func blocksUser(w *bot9.Widget, id bot9.EndUserID) bool {
	return id != 0 && slices.Contains(w.Blocked, id.String())
}

// blocksAddress tells whether a widget refuses an address, as ClientIP names it (of IPv6 the /64 network).
func blocksAddress(w *bot9.Widget, address string) bool {
	from, ok := parseNetwork(address)
	return ok && slices.ContainsFunc(w.Blocked, func(text string) bool {
		blocked, ok := parseNetwork(text)
		return ok && blocked.Overlaps(from)
	})
}

// parseNetwork reads a CIDR or an address.
func parseNetwork(text string) (netip.Prefix, bool) {
	if addr, err := netip.ParseAddr(text); err == nil {
		return netip.PrefixFrom(addr.Unmap(), addr.Unmap().BitLen()), true
	}
	network, err := netip.ParsePrefix(text)
	return network, err == nil
}
