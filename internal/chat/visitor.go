package chat

import (
	"context"
	"slices"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/catalog"
)

// Limits of visitors' input.
const (
	maxVisitorMessage = 8_000 // characters
	maxClientID       = 100   // characters
	answersAtOnce     = 512   // to visitors, of the whole process
	answersOfChatbot  = 128   // of those, to visitors of one chatbot
)

// VisitorStore is what visitors' conversations need of the database.
type VisitorStore interface {
	Visitor(ctx context.Context, v bot9.Visitor) (bot9.Visitor, error)
	// ActAsVisitor lets decide change the visitor's conversation, or begin one, as the action says.
	ActAsVisitor(ctx context.Context, action bot9.VisitorAction, begin, decide func(bot9.Moment, *bot9.Conversation) (bot9.Change, error)) (bot9.VisitorResult, error)
	AdoptVisitor(ctx context.Context, anonymous, proven bot9.Visitor, decide func(bot9.Moment, *bot9.Conversation) (bot9.Change, error)) error
}

// Say stores what a visitor says and returns once it is stored; the bot answers after that. It opens a conversation if
// the visitor has none, or if it is closed. The same clientID is said once.
func (s *Service) Say(ctx context.Context, v bot9.Visitor, text, clientID string, attachments ...bot9.Attachment) (bot9.VisitorResult, error) {
	if text == "" && len(attachments) > 0 {
		text = attachments[0].Name
	}
	var check checker
	check.required("body.message", text, maxVisitorMessage)
	check.required("body.clientId", clientID, maxClientID)
	if err := check.err(); err != nil {
		return bot9.VisitorResult{}, err
	}
	leave, err := s.answering.enter(v.ChatbotID)
	if err != nil {
		return bot9.VisitorResult{}, err
	}
	defer func() {
		if leave != nil {
			leave()
		}
	}()
	settings, err := s.store.Answering(ctx, v.ChatbotID)
	if err != nil {
		return bot9.VisitorResult{}, err
	}
	known, err := s.store.Visitor(ctx, v)
	if err != nil {
		return bot9.VisitorResult{}, err
	}
	in, err := s.consider(ctx, &settings, known.ConversationID, text)
	if err != nil {
		return bot9.VisitorResult{}, err
	}
	first := in
	first.handsOver.recent = nil
	action := bot9.VisitorAction{Visitor: v, ClientID: clientID, Opens: bot9.OpenUnlessOn}
	said := bot9.Message{Text: text, Attachments: attachments}
	result, err := s.store.ActAsVisitor(ctx, action, openingBy(v, receive(said, first)), receive(said, in))
	if err != nil || result.Change.Owes == nil {
		s.silenceUnlessActive(result.Conversation)
		return result, err
	}
	question, done, background := *result.Change.Owes, leave, context.WithoutCancel(ctx)
	leave = nil
	s.background.Go(func() {
		defer done()
		_, _ = s.answerAs(background, &settings, question, func(string) {}) // messageFailed tells of what goes wrong
	})
	return result, nil
}

// Wait waits until the bot has answered every visitor, or ctx ends.
func (s *Service) Wait(ctx context.Context) error {
	done := make(chan struct{})
	go func() { s.background.Wait(); close(done) }()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// recentOf returns what was said last in the visitor's conversation.
func (s *Service) recentOf(ctx context.Context, v bot9.Visitor) ([]bot9.Message, error) {
	known, err := s.store.Visitor(ctx, v)
	if err != nil || known.ConversationID == 0 {
		return nil, err
	}
	return s.store.RecentMessages(ctx, known.ConversationID, recentCount)
}

// openingBy begins a visitor's conversation with what they do first.
func openingBy(v bot9.Visitor, then decide) decide {
	return func(moment bot9.Moment, c *bot9.Conversation) (bot9.Change, error) {
		begun, err := startVisitor(v)(moment, c)
		if err != nil {
			return begun, err
		}
		change, err := then(moment, c)
		change.Messages = slices.Concat(begun.Messages, change.Messages)
		change.Events = slices.Concat(begun.Events, change.Events)
		return change, err
	}
}

// startVisitor tells of the conversation, and of custom attributes by themselves: receivers learn of them from
// userIdentified alone.
func startVisitor(v bot9.Visitor) decide {
	return func(moment bot9.Moment, c *bot9.Conversation) (bot9.Change, error) {
		d := begin(moment, c)
		isNew := int64(c.User.ID) >= int64(c.ID)
		changed := identifyVisitor(&c.User, v)
		d.tell(catalog.ConversationStartedData{
			ChatbotID: c.ChatbotID, User: c.User, Source: c.Source, ExternalSessionID: orNull(c.ExternalSessionID),
		})
		if !isNew || slices.Contains(changed, "customAttributes") {
			d.tellIdentified(changed)
		}
		return d.change, nil
	}
}

// identifyVisitor adds what became known of a visitor, and returns the names of the properties that changed. What a
// page claims never replaces what was proven.
func identifyVisitor(user *bot9.EndUser, v bot9.Visitor) []string {
	changed := identify(user, v.Details)
	if v.ExternalID != "" && user.ExternalID != v.ExternalID {
		user.ExternalID, user.ClaimedID = v.ExternalID, ""
		changed = append(changed, "externalId")
	}
	if v.ClaimedID != "" && user.ExternalID == "" && user.ClaimedID != v.ClaimedID {
		user.ClaimedID = v.ClaimedID
		changed = append(changed, "claimedId")
	}
	if v.Attributes != "" && user.CustomAttributes != v.Attributes {
		user.CustomAttributes = v.Attributes
		changed = append(changed, "customAttributes")
	}
	return changed
}

// IdentifyVisitor keeps what a page tells of a visitor who has a conversation; others are known from their first
// message on.
func (s *Service) IdentifyVisitor(ctx context.Context, v bot9.Visitor) error {
	_, err := s.store.ActAsVisitor(ctx, bot9.VisitorAction{Visitor: v}, nil, identified(v))
	if bot9.KindOf(err) == bot9.NotFound {
		return nil
	}
	return err
}

// AdoptVisitor gives an anonymous visitor's conversation to the external ID that they have proven now.
func (s *Service) AdoptVisitor(ctx context.Context, anonymous, proven bot9.Visitor) error {
	return s.store.AdoptVisitor(ctx, anonymous, proven, identified(proven))
}

func identified(v bot9.Visitor) decide {
	return func(moment bot9.Moment, c *bot9.Conversation) (bot9.Change, error) {
		d := begin(moment, c)
		d.tellIdentified(identifyVisitor(&c.User, v))
		return d.change, nil
	}
}

// LeadAsVisitor stores contact details that a visitor left, be it before their first message.
func (s *Service) LeadAsVisitor(ctx context.Context, v bot9.Visitor, in bot9.LeadInput) error {
	if err := checkLead(&in); err != nil {
		return err
	}
	_, err := s.store.ActAsVisitor(ctx, bot9.VisitorAction{Visitor: v, Opens: bot9.OpenFirst}, openingBy(v, capture(in)), capture(in))
	return err
}

// reasonButton is the reason of a visitor who asks for a human and gives none.
const reasonButton = "The visitor asked to talk to a person"

// AskForHuman hands the visitor's conversation to a human. Where one answers already it does nothing.
func (s *Service) AskForHuman(ctx context.Context, v bot9.Visitor, reason string) error {
	var check checker
	if check.text("body.reason", reason, maxReason); check.err() != nil {
		return check.err()
	}
	if reason == "" {
		reason = reasonButton
	}
	recent, err := s.recentOf(ctx, v)
	if err != nil {
		return err
	}
	result, err := s.store.ActAsVisitor(ctx, bot9.VisitorAction{Visitor: v, Opens: bot9.OpenUnlessOn}, openingBy(v, askForHuman(reason, nil)), askForHuman(reason, recent))
	s.silenceUnlessActive(result.Conversation)
	return err
}

func askForHuman(reason string, recent []bot9.Message) decide {
	return func(moment bot9.Moment, c *bot9.Conversation) (bot9.Change, error) {
		d := begin(moment, c)
		if c.Status == bot9.StatusActive {
			d.handOver(handover{reason: reason, by: byUser, recent: recent})
		}
		return d.change, d.err
	}
}

// ConversationOfVisitor is the ID of the visitor's conversation. It fails with NotFound if there is none.
func (s *Service) ConversationOfVisitor(ctx context.Context, v bot9.Visitor) (bot9.ConversationID, error) {
	known, err := s.store.Visitor(ctx, v)
	if err == nil && known.ConversationID == 0 {
		err = bot9.Errorf(bot9.NotFound, "notFound", "There is no conversation yet.")
	}
	return known.ConversationID, err
}
