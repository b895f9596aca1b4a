package api

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/presence"
)

// world is all that the API depends on, in memory: two accounts with a chatbot each.
type world struct {
	posted   []bot9.NewEvent // by the newest request
	mu       sync.Mutex
	next     int64
	members  []bot9.Member
	chatbots []bot9.Chatbot
	keys     map[string]bot9.Key // by secret
	revoked  map[bot9.KeyID]bool
	watched  map[string]chan struct{} // by secret key or token of a session

	conversations []bot9.Conversation
	messages      []bot9.Message
	documents     []bot9.Document
	rules         fakeRules
	answering     map[bot9.ChatbotID]bot9.Answering
	events        []*bot9.Event
	wake          chan struct{}
	webhooks      []bot9.Webhook
	deliveries    []bot9.Delivery
	replays       []bot9.Replay
	receivers     []bot9.Receiver
	received      []bot9.ReceivedRequest
	answers       map[string]bot9.FirstAnswer
	writes        int // how many writes there were
	missed        int
	watching      func(bot9.Topics)
	statsRead     int           // how often ChatbotStats was worked out
	statsTake     time.Duration // how long that takes

	failWith   error         // what every write fails with, if anything
	chatFails  error         // what Chat fails with, after chatDeltas
	chatDeltas []string      // what Chat says, part by part
	held       chan struct{} // if set, CreateDocument announces itself by receiving, then waits for a second receive
	forgotten  int
	afterRead  func() // if set, called once after Events was read

	device deviceLogins

	presence presence.Hub
	inbox    inboxes

	factorMissing bool // the session's person still has to set up a second factor

	visiting visitorWorld

	audit []bot9.AuditRecord
	from  bot9.LoginFrom // of the last log-in
}

// The people and programs of the world, by what they show.
const (
	owner, admin, developer, viewer, stranger = "owner", "admin", "developer", "viewer", "stranger"
	key, strangerKey                          = "bot9_sk_key", "bot9_sk_stranger"
)

func newWorld() *world {
	w := &world{next: 1000, wake: make(chan struct{}), answers: map[string]bot9.FirstAnswer{}, keys: map[string]bot9.Key{}, revoked: map[bot9.KeyID]bool{}}
	for _, role := range bot9.Roles {
		w.members = append(w.members, bot9.Member{
			ID: bot9.MemberID(w.id()), AccountID: 1, Email: string(role) + "@example.com", Name: string(role), Role: role, Status: bot9.MemberActive,
		})
	}
	w.members = append(w.members, bot9.Member{ID: bot9.MemberID(w.id()), AccountID: 2, Email: "stranger@example.com", Name: stranger, Role: bot9.Owner})
	for i, secret := range []string{key, strangerKey} {
		account := bot9.AccountID(i + 1)
		chatbot := bot9.Chatbot{ID: bot9.ChatbotID(w.id()), AccountID: account, Name: "Support"}
		w.chatbots = append(w.chatbots, chatbot)
		w.keys[secret] = bot9.Key{ID: bot9.KeyID(w.id()), ChatbotID: chatbot.ID, AccountID: account, Name: "first"}
	}
	return w
}

func (w *world) id() int64 { w.next++; return bot9.FirstIDAt(1_795_000_000_000) + w.next }

func (w *world) bot() bot9.ChatbotID          { return w.chatbots[0].ID }
func (w *world) strangersBot() bot9.ChatbotID { return w.chatbots[1].ID }

// write does what every write of the store does with an idempotency key; result points to what it returns. The lock
// is held.
func (w *world) write(ctx context.Context, result any) error {
	if err := errors.Join(w.failWith, ctx.Err()); err != nil {
		return err
	}
	if i := bot9.IdempotencyFrom(ctx); i != nil {
		name := fmt.Sprint(i.Scope, i.Key)
		if _, used := w.answers[name]; used {
			i.Refused = true
			return bot9.Errorf(bot9.Conflict, "idempotencyKeyUsed", "used")
		}
		answer, err := i.Answer(result)
		if err != nil {
			return err
		}
		w.answers[name] = bot9.FirstAnswer{Fingerprint: i.Fingerprint, Principal: i.Principal, Sealed: answer}
		i.Recorded, i.Answered = true, true
	}
	w.writes++
	w.audit = append(w.audit, bot9.AuditRecord{ID: bot9.AuditID(w.id()), Actor: bot9.PrincipalFrom(ctx).Actor(), Action: "wrote"})
	return nil
}

func (w *world) Record(ctx context.Context, r bot9.AuditRecord) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	r.ID, r.Actor = bot9.AuditID(w.id()), bot9.PrincipalFrom(ctx).Actor()
	w.audit = append(w.audit, r)
	return nil
}

func (w *world) Audit(_ context.Context, account bot9.AccountID, filter bot9.AuditFilter, page bot9.Page) (bot9.List[bot9.AuditRecord], error) {
	list := bot9.List[bot9.AuditRecord]{Data: filtered(w.audit, func(r bot9.AuditRecord) bool {
		return r.AccountID == account && (filter.Action == "" || r.Action == filter.Action)
	})}
	if page.Cursor != "" {
		list.Data = list.Data[1:]
	} else if len(list.Data) > 1 {
		next := "rest"
		list.Data, list.NextCursor = list.Data[:1], &next
	}
	return list, nil
}

func (w *world) FindAnswer(_ context.Context, scope int64, name string) (bot9.FirstAnswer, bool, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	saved, ok := w.answers[fmt.Sprint(scope, name)]
	return saved, ok, nil
}

// Seal only marks what it was given: enough to see that it is used.
func (w *world) Seal(plain []byte, place string) ([]byte, error) {
	return append([]byte("sealed for "+place+":"), plain...), nil
}

func (w *world) Unseal(sealed []byte, place string) ([]byte, error) {
	plain, ok := strings.CutPrefix(string(sealed), "sealed for "+place+":")
	if !ok {
		return nil, errors.New("sealed for another place")
	}
	return []byte(plain), nil
}

// Of has a filter match the events whose data contains it.
func (w *world) Of(e *bot9.Event) bot9.Matcher { return containing{e} }

type containing struct{ event *bot9.Event }

func (m containing) Match(filter string) bot9.Verdict {
	switch {
	case filter == "costly":
		return bot9.TooCostly
	case strings.Contains(string(m.event.Data), filter):
		return bot9.Match
	}
	return bot9.NoMatch
}

// people

func (w *world) CheckKeyLimits(limits bot9.KeyLimits) error {
	if len(limits.AllowedIPs) > 0 && limits.AllowedIPs[0] == "nowhere" {
		return bot9.InvalidField("invalidAllowedIps", "body.allowedIps[0]", "No.")
	}
	return nil
}

func (w *world) ByKey(_ context.Context, secret, _ string) (bot9.Principal, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	found, ok := w.keys[secret]
	if !ok || w.revoked[found.ID] {
		return bot9.Principal{}, bot9.Errorf(bot9.Unauthorized, "invalidKey", "no")
	}
	return bot9.KeyPrincipal(&found), nil
}

func (w *world) BySession(_ context.Context, token, _ string) (bot9.Principal, error) {
	for i := range w.members {
		if w.members[i].Name == token {
			p := bot9.MemberPrincipal(&w.members[i])
			p.FactorMissing = w.factorMissing
			return p, nil
		}
	}
	return bot9.Principal{}, bot9.Errorf(bot9.Unauthorized, "invalidSession", "no")
}

func (w *world) WatchKey(secret string) (<-chan struct{}, func()) { return w.WatchSession(secret) }

func (w *world) WatchSession(token string) (<-chan struct{}, func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.watched == nil {
		w.watched = map[string]chan struct{}{}
	}
	w.watched[token] = make(chan struct{})
	return w.watched[token], func() {}
}

func begun(m bot9.Member, account bot9.Account) bot9.NewSession {
	return bot9.NewSession{Member: m, Account: account, Token: "fresh-token", Device: "fresh-device", ExpiresAt: bot9.At(time.Now().Add(time.Hour))}
}

func (w *world) Signup(_ context.Context, email, password, name string, _ bot9.LoginFrom) (bot9.NewSession, error) {
	if len(password) < 8 {
		return bot9.NewSession{}, bot9.InvalidField("weakPassword", "body.password", "It is too short.")
	}
	return begun(bot9.Member{ID: 7, AccountID: 3, Email: email, Name: name, Role: bot9.Owner}, bot9.Account{ID: 3, Name: name}), nil
}

func (w *world) SignupInvited(_ context.Context, invite, email, _, name string, _ bot9.LoginFrom) (bot9.NewSession, error) {
	return begun(bot9.Member{ID: 8, AccountID: 1, Email: email, Name: name, Role: bot9.Viewer}, bot9.Account{ID: 1, Name: "joined with " + invite}), nil
}

func (w *world) Login(_ context.Context, email, password string, from bot9.LoginFrom) (bot9.NewSession, error) {
	w.from = from
	if password != "right password" {
		return bot9.NewSession{}, bot9.Errorf(bot9.Unauthorized, "invalidCredentials", "The email address or the password is wrong.")
	}
	return begun(w.members[0], bot9.Account{ID: 1, Name: "Acme"}), nil
}

func (w *world) Logout(context.Context, string) error { w.forgotten++; return nil }

func (w *world) Invite(ctx context.Context, p bot9.Principal, email string, role bot9.Role) (bot9.Member, string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	member := bot9.Member{ID: bot9.MemberID(w.id()), AccountID: p.AccountID, Email: email, Role: role, Status: bot9.MemberInvited}
	return member, "invite token", w.write(ctx, &bot9.Invitation{Member: member, Token: "invite token"})
}

func (w *world) SetRole(ctx context.Context, _ bot9.Principal, id bot9.MemberID, role bot9.Role) (bot9.Member, error) {
	if before, err := first(w.members, func(m bot9.Member) bool { return m.ID == id }); err == nil {
		if err := expected(ctx, before); err != nil {
			return before, err
		}
	}
	return bot9.Member{ID: id, Role: role}, nil
}

func (w *world) Remove(ctx context.Context, _ bot9.Principal, id bot9.MemberID) error {
	member, _ := first(w.members, func(m bot9.Member) bool { return m.ID == id })
	return expected(ctx, member)
}

func (w *world) NewKey(name string) (string, bot9.NewKey) {
	return "bot9_sk_fresh", bot9.NewKey{Name: name, Hint: "resh"}
}

func (w *world) ForgetKeys() { w.forgotten++ }

func (w *world) AccountByID(_ context.Context, id bot9.AccountID) (bot9.Account, error) {
	return bot9.Account{ID: id, Name: "Acme"}, nil
}

func (w *world) Members(_ context.Context, account bot9.AccountID) ([]bot9.Member, error) {
	return filtered(w.members, func(m bot9.Member) bool { return m.AccountID == account }), nil
}

// expected tells whether what is about to be changed is what the caller expects, as the store does.
func expected(ctx context.Context, current any) error {
	if p := bot9.PreconditionFrom(ctx); p != nil {
		return p(current)
	}
	return nil
}

func filtered[T any](list []T, keep func(T) bool) (kept []T) {
	for _, item := range list {
		if keep(item) {
			kept = append(kept, item)
		}
	}
	return kept
}

func first[T any](list []T, is func(T) bool) (T, error) {
	if i := slices.IndexFunc(list, is); i >= 0 {
		return list[i], nil
	}
	var none T
	return none, bot9.Errorf(bot9.NotFound, "notFound", "There is no such object.")
}

// chatbots and keys

func (w *world) CreateChatbot(ctx context.Context, account bot9.AccountID, name string, fresh bot9.NewKey) (bot9.Chatbot, bot9.Key, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	chatbot := bot9.Chatbot{ID: bot9.ChatbotID(w.id()), AccountID: account, Name: name}
	made := bot9.Key{ID: bot9.KeyID(w.id()), Name: fresh.Name}
	return chatbot, made, w.write(ctx, &bot9.ChatbotWithKey{Chatbot: chatbot, Key: made})
}

func (w *world) Chatbots(_ context.Context, account bot9.AccountID) ([]bot9.Chatbot, error) {
	return filtered(w.chatbots, func(c bot9.Chatbot) bool { return c.AccountID == account }), nil
}

func (w *world) Chatbot(_ context.Context, account bot9.AccountID, id bot9.ChatbotID) (bot9.Chatbot, error) {
	return first(w.chatbots, func(c bot9.Chatbot) bool { return c.AccountID == account && c.ID == id })
}

func (w *world) RenameChatbot(ctx context.Context, account bot9.AccountID, id bot9.ChatbotID, name string) (bot9.Chatbot, error) {
	chatbot, err := w.Chatbot(ctx, account, id)
	if err == nil {
		err = expected(ctx, chatbot)
	}
	chatbot.Name = name
	return chatbot, err
}

func (w *world) DeleteChatbot(ctx context.Context, account bot9.AccountID, id bot9.ChatbotID) error {
	chatbot, err := w.Chatbot(ctx, account, id)
	return errors.Join(err, expected(ctx, chatbot))
}

func (w *world) Keys(_ context.Context, chatbot bot9.ChatbotID) ([]bot9.Key, error) {
	var keys []bot9.Key
	for _, k := range w.keys {
		if k.ChatbotID == chatbot {
			keys = append(keys, k)
		}
	}
	return keys, nil
}

func (w *world) CreateKey(ctx context.Context, chatbot bot9.ChatbotID, fresh bot9.NewKey) (bot9.Key, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	made := bot9.Key{ID: bot9.KeyID(w.id()), ChatbotID: chatbot, Name: fresh.Name, Hint: fresh.Hint, KeyLimits: fresh.KeyLimits}
	return made, w.write(ctx, &made)
}

func (w *world) RotateKey(_ context.Context, chatbot bot9.ChatbotID, id bot9.KeyID, fresh bot9.NewKey, overlap time.Duration) (bot9.Key, error) {
	return bot9.Key{ID: id, ChatbotID: chatbot, Hint: fresh.Hint, GraceUntil: bot9.Time(overlap.Milliseconds())}, nil
}

func (w *world) RevokeKey(_ context.Context, _ bot9.ChatbotID, id bot9.KeyID) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.revoked[id] = true
	for secret, k := range w.keys {
		if k.ID == id && w.watched[secret] != nil {
			close(w.watched[secret])
		}
	}
	return nil
}

// conversations

func (w *world) Start(ctx context.Context, chatbot bot9.ChatbotID, in bot9.StartInput) (bot9.Conversation, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	c := bot9.Conversation{
		ID: bot9.ConversationID(w.id()), ChatbotID: chatbot, EndUserID: bot9.EndUserID(w.id()), Status: in.Status,
		Source: in.Source, ExternalSessionID: in.ExternalSessionID,
		User: bot9.EndUser{ExternalID: in.User.ExternalID, Name: in.User.Name, EmailID: in.User.EmailID},
	}
	w.conversations = append(w.conversations, c)
	return c, w.write(ctx, &c)
}

func (w *world) Chat(ctx context.Context, chatbot bot9.ChatbotID, id bot9.ConversationID, text string, onDelta func(string)) (bot9.Reply, error) {
	if _, err := w.Conversation(ctx, chatbot, id); err != nil {
		return bot9.Reply{}, err
	}
	reply := bot9.Reply{
		Text: strings.Join(w.chatDeltas, ""), MessageID: 11, ReplyID: 12, Answered: true, Found: true, TopScore: 0.5, Status: bot9.StatusActive,
		Passages: []bot9.Passage{{Title: "Delivery", Text: "Two days", Score: 0.5}},
	}
	if err := w.write(ctx, &reply); err != nil {
		return bot9.Reply{}, err
	}
	for _, delta := range w.chatDeltas {
		if onDelta != nil {
			onDelta(delta)
		}
	}
	return reply, w.chatFails
}

func (w *world) Append(_ context.Context, _ bot9.ChatbotID, id bot9.ConversationID, in bot9.AppendInput) (bot9.Message, error) {
	return bot9.Message{ID: 13, ConversationID: id, ChatUser: in.ChatUser, Text: in.Message, InReplyTo: in.InReplyTo}, nil
}

func (w *world) Change(ctx context.Context, chatbot bot9.ChatbotID, id bot9.ConversationID, by string, in bot9.ChangeInput) (bot9.Conversation, error) {
	c, err := w.Conversation(ctx, chatbot, id)
	if err == nil {
		err = expected(ctx, c)
	}
	w.inbox.changed = in
	set(&c.Status, in.Status)
	set(&c.Tags, in.Tags)
	c.AgentName = by
	return c, err
}

func (w *world) Review(ctx context.Context, chatbot bot9.ChatbotID, id bot9.ConversationID, score int, _ string) (bot9.Conversation, error) {
	c, err := w.Conversation(ctx, chatbot, id)
	c.Score = score
	return c, err
}

func (w *world) Rate(context.Context, bot9.ChatbotID, bot9.ConversationID, bot9.MessageID, int) error {
	return nil
}

func (w *world) Lead(ctx context.Context, chatbot bot9.ChatbotID, id bot9.ConversationID, in bot9.LeadInput) (bot9.Conversation, error) {
	c, err := w.Conversation(ctx, chatbot, id)
	c.User.Name = in.Name
	return c, err
}

func (w *world) Conversation(_ context.Context, chatbot bot9.ChatbotID, id bot9.ConversationID) (bot9.Conversation, error) {
	return first(w.conversations, func(c bot9.Conversation) bool { return c.ChatbotID == chatbot && c.ID == id })
}

func (w *world) Conversations(_ context.Context, chatbot bot9.ChatbotID, filter bot9.ConversationFilter, _ bot9.Page) (bot9.List[bot9.Conversation], error) {
	w.inbox.asked = filter
	return bot9.List[bot9.Conversation]{Data: filtered(w.conversations, func(c bot9.Conversation) bool {
		return c.ChatbotID == chatbot && (len(filter.Status) == 0 || slices.Contains(filter.Status, c.Status)) &&
			(filter.Since == 0 || c.CreatedAt >= filter.Since) && (filter.Until == 0 || c.CreatedAt < filter.Until) &&
			(len(filter.Sessions) == 0 || slices.Contains(filter.Sessions, c.ExternalSessionID))
	})}, nil
}

func (w *world) Messages(_ context.Context, _ bot9.ChatbotID, conversation bot9.ConversationID, _ bot9.Page) (bot9.List[bot9.Message], error) {
	return bot9.List[bot9.Message]{Data: filtered(w.messages, func(m bot9.Message) bool { return m.ConversationID == conversation })}, nil
}

// knowledge

func (w *world) KnowledgeStatus(_ context.Context, chatbot bot9.ChatbotID) (documents, unencoded int64, err error) {
	for _, d := range w.documents {
		if d.ChatbotID == chatbot {
			documents++
		}
	}
	return documents, min(documents, 1), nil
}

func (w *world) Model() string { return "a model" }

func (w *world) Preview(_ context.Context, _ bot9.ChatbotID, past []bot9.PastQuestion, suggest float64) (bot9.ThresholdPreview, error) {
	preview := bot9.ThresholdPreview{Questions: len(past), Levels: []bot9.ThresholdLevel{{Threshold: suggest}}, Examples: []bot9.PreviewExample{}}
	for _, p := range past {
		preview.Examples = append(preview.Examples, bot9.PreviewExample{Message: p.Text, RatedDown: p.RatedDown, DocumentID: p.Source})
	}
	return preview, nil
}

func (w *world) Search(_ context.Context, _ bot9.ChatbotID, _ string, limit int) ([]bot9.Passage, error) {
	return make([]bot9.Passage, limit), nil
}
