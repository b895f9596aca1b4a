package chat_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/bot9/bot9/internal/bot9"
)

// Visitor, ActAsVisitor and AdoptVisitor are what the memory keeps of visitors: for each, the newest conversation.

func (m *memory) Visitor(_ context.Context, v bot9.Visitor) (bot9.Visitor, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	known := m.visitors[v.Subject]
	v.ConversationID, v.EndUserID = known.ID, known.EndUserID
	return v, nil
}

func (m *memory) ActAsVisitor(_ context.Context, action bot9.VisitorAction, begin, decide decide) (result bot9.VisitorResult, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	known, ok := m.conversations[m.visitors[action.Visitor.Subject].ID]
	switch {
	case !ok && action.Opens == bot9.OpenNever:
		return result, bot9.Errorf(bot9.NotFound, "notFound", "There is no such conversation")
	case !ok || known.Status == bot9.StatusClosed && action.Opens == bot9.OpenUnlessOn:
		user := known.User
		known = bot9.Conversation{ChatbotID: action.Visitor.ChatbotID, Status: bot9.StatusActive, Source: bot9.WidgetSource, User: user}
		known.ID = bot9.ConversationID(m.nextID())
		if known.User.ID == 0 {
			known.User = bot9.EndUser{ID: bot9.EndUserID(m.nextID()), ExternalID: action.Visitor.ExternalID}
		}
		known.EndUserID, decide = known.User.ID, begin
	}
	result.Conversation, result.Change, err = m.run(known, decide)
	if err == nil {
		m.visitors[action.Visitor.Subject] = result.Conversation
	}
	if err == nil && len(result.Change.Messages) > 0 {
		result.MessageID = result.Change.Messages[0].ID
	}
	return result, err
}

func (m *memory) AdoptVisitor(_ context.Context, anonymous, proven bot9.Visitor, decide decide) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	c, _, err := m.run(m.conversations[m.visitors[anonymous.Subject].ID], decide)
	delete(m.visitors, anonymous.Subject)
	m.visitors[proven.Subject] = c
	return err
}

var ada = bot9.Visitor{ChatbotID: shopBot, Subject: bot9.Subject{1}, Details: bot9.Details{Name: "Ada"}}

func (s *story) sayAs(v bot9.Visitor, text string) bot9.VisitorResult {
	s.Helper()
	result, err := s.Say(s.Context(), v, text, "client "+text)
	s.must(err)
	s.must(s.Wait(s.Context()))
	return result
}

func TestVisitorsTalk(t *testing.T) {
	s := newStory(t)
	first := s.sayAs(ada, "Hello?")
	s.wantEvents("conversationStarted messageReceived messageSent")
	if second := s.sayAs(ada, "Still there?"); second.Conversation.ID != first.Conversation.ID {
		t.Error("the second message is in another conversation")
	}
	s.wantEvents("messageReceived messageSent")
	s.sayAs(ada, "I want a human")
	s.wantEvents("messageReceived conversationStatusChanged handoverRequested messageSent")
	s.sayAs(ada, "Thanks")
	s.wantEvents("messageReceived") // the bot is silent

	closed := bot9.StatusClosed
	_, err := s.Change(t.Context(), shopBot, first.Conversation.ID, "Grace", bot9.ChangeInput{Status: &closed})
	s.must(err)
	s.wantEvents("conversationStatusChanged conversationClosed")
	next := s.sayAs(ada, "One more thing")
	s.wantEvents("conversationStarted messageReceived messageSent")
	if next.Conversation.ID == first.Conversation.ID || next.Conversation.EndUserID != first.Conversation.EndUserID {
		t.Errorf("after closing: %+v, first %+v", next.Conversation, first.Conversation)
	}
}

func TestVisitorsAreTold(t *testing.T) {
	s := newStory(t)
	s.engine = func(context.Context, []bot9.Message, string) (bot9.Answer, error) {
		return bot9.Answer{}, errors.New("down")
	}
	s.sayAs(ada, "Hello?")
	s.wantEvents("conversationStarted messageReceived messageFailed")
	for name, text := range map[string]string{"nothing": " ", "too much": strings.Repeat("é", 8001)} {
		if _, err := s.Say(t.Context(), ada, text, "id"); bot9.CodeOf(err) != "validationFailed" {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := s.Say(t.Context(), ada, "Hello", "")
	wantError(t, err, bot9.Invalid, "validationFailed", "body.clientId")
}

func TestVisitorsAskForAHuman(t *testing.T) {
	s := newStory(t)
	s.must(s.AskForHuman(t.Context(), ada, "")) // before the first message
	s.wantEvents("conversationStarted conversationStatusChanged handoverRequested")
	s.must(s.AskForHuman(t.Context(), ada, "again"))
	s.wantEvents("")
	wantError(t, s.AskForHuman(t.Context(), ada, strings.Repeat("x", 501)), bot9.Invalid, "validationFailed", "body.reason")
}

func TestVisitorsLeaveContactDetails(t *testing.T) {
	s := newStory(t)
	s.must(s.LeadAsVisitor(t.Context(), ada, bot9.LeadInput{Details: bot9.Details{EmailID: "ada@example.com"}}))
	s.wantEvents("conversationStarted leadCaptured userIdentified")
	s.must(s.LeadAsVisitor(t.Context(), ada, bot9.LeadInput{Details: bot9.Details{EmailID: "ada@example.com"}}))
	s.wantEvents("leadCaptured")
}

func TestVisitorsAreIdentified(t *testing.T) {
	s := newStory(t)
	v := ada
	v.ClaimedID, v.Attributes = "user7", `{"plan":"pro"}`
	s.must(s.IdentifyVisitor(t.Context(), v)) // nothing to keep it with yet
	s.wantEvents("")
	said := s.sayAs(v, "Hello")
	news := s.news()
	if len(news) != 4 || said.Conversation.User.CustomAttributes != `{"plan":"pro"}` {
		t.Fatalf("%+v, events: %+v", said.Conversation, news)
	}
	user := `{"id":"` + said.Conversation.EndUserID.String() + `","name":"Ada","claimedId":"user7","customAttributes":{"plan":"pro"}}`
	s.wantData(news[0], "conversationStarted", `{"user":`+user+`,"source":"website-widget","externalSessionId":null}`)
	s.wantData(news[1], "userIdentified", `{"user":`+user+`,"changed":["name","claimedId","customAttributes"]}`)
	if sender := said.Conversation.User.Sender(); sender == "user7" {
		t.Error("a claimed ID is taken for the sender's")
	}
	s.must(s.IdentifyVisitor(t.Context(), v))
	s.wantEvents("")

	proven := v
	proven.Subject, proven.ExternalID, proven.ClaimedID = bot9.Subject{2}, "user7", ""
	s.must(s.AdoptVisitor(t.Context(), v, proven))
	news = s.news()
	user = `{"id":"` + said.Conversation.EndUserID.String() + `","externalId":"user7","name":"Ada","customAttributes":{"plan":"pro"}}`
	s.wantData(news[0], "userIdentified", `{"user":`+user+`,"changed":["externalId"]}`)
}

func TestVisitorsOfOneChatbotLeaveRoom(t *testing.T) {
	s := newStory(t)
	hold := make(chan struct{})
	s.engine = func(context.Context, []bot9.Message, string) (bot9.Answer, error) {
		<-hold
		return bot9.Answer{Text: "Late"}, nil
	}
	v := ada
	var err error
	busy := 0
	for i := range 200 {
		v.Subject[1] = byte(i)
		if _, err = s.Say(t.Context(), v, "Hello", "id"); err != nil {
			busy++
			wantError(t, err, bot9.Unavailable, "answeringBusy")
		}
	}
	if busy != 200-128 {
		t.Errorf("%d of 200 were refused", busy)
	}
	v.ChatbotID, v.Subject[1] = otherBot, 201
	if _, err := s.Say(t.Context(), v, "Hello", "id"); err != nil {
		t.Errorf("another chatbot's visitor: %v", err)
	}
	close(hold)
	s.must(s.Wait(t.Context()))
}
