package chat_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/bot9/bot9/internal/bot9"
)

func TestStart(t *testing.T) {
	s := newStory(t)
	c, err := s.Start(t.Context(), shopBot, bot9.StartInput{})
	s.must(err)
	if c.Source != "api" || c.Status != bot9.StatusActive || c.ID == 0 || c.EndUserID == 0 {
		t.Errorf("got %+v", c)
	}
	news := s.news()
	if len(news) != 1 {
		t.Fatalf("events: %+v", news)
	}
	s.wantData(news[0], "conversationStarted", fmt.Sprintf(`{"user":{"id":"%s"},"source":"api","externalSessionId":null}`, c.EndUserID))

	c, err = s.Start(t.Context(), shopBot, bot9.StartInput{
		Source: "whatsapp", Status: bot9.StatusNeedsReview, ExternalSessionID: "s-1",
		User: bot9.StartUser{ExternalID: "ada", Details: bot9.Details{Name: "Ada", EmailID: "ada@example.com"}},
	})
	s.must(err)
	user := fmt.Sprintf(`{"id":"%s","externalId":"ada","name":"Ada","emailId":"ada@example.com"}`, c.EndUserID)
	news = s.news()
	if len(news) != 1 || c.Status != bot9.StatusNeedsReview {
		t.Fatalf("%+v, events: %+v", c, news)
	}
	s.wantData(news[0], "conversationStarted", `{"user":`+user+`,"source":"whatsapp","externalSessionId":"s-1"}`)
}

func TestAUserWhoComesBackIsIdentifiedOnlyByWhatIsNew(t *testing.T) {
	s := newStory(t)
	ada := bot9.StartUser{ExternalID: "ada", Details: bot9.Details{Name: "Ada"}}
	start := func() bot9.Conversation {
		c, err := s.Start(t.Context(), shopBot, bot9.StartInput{User: ada})
		s.must(err)
		return c
	}
	before := start()
	s.wantEvents("conversationStarted")
	start()
	s.wantEvents("conversationStarted")
	ada.Name, ada.Phone = "", "123" // a name that isn't given is not taken away
	after := start()
	news := s.news()
	if len(news) != 2 || after.EndUserID != before.EndUserID {
		t.Fatalf("%+v, events: %+v", after, news)
	}
	s.wantData(news[1], "userIdentified", fmt.Sprintf(
		`{"user":{"id":"%s","externalId":"ada","name":"Ada","phone":"123"},"changed":["phone"]}`, after.EndUserID))
}

func TestStartRefuses(t *testing.T) {
	s := newStory(t)
	long := strings.Repeat("x", 300)
	_, err := s.Start(t.Context(), shopBot, bot9.StartInput{
		Source: long, Status: bot9.StatusClosed, ExternalSessionID: long,
		User: bot9.StartUser{ExternalID: long, Details: bot9.Details{Name: long, EmailID: long, Phone: long}},
	})
	wantError(t, err, bot9.Invalid, "validationFailed", "body.source", "body.status", "body.externalSessionId",
		"body.user.externalId", "body.user.name", "body.user.emailId", "body.user.phone")
	if strings.Contains(err.Error(), long) {
		t.Error("the error repeats what was sent")
	}
	s.wantEvents("")
}

func TestBringYourOwnBot(t *testing.T) {
	s := newStory(t)
	add := func(in bot9.AppendInput) bot9.Message {
		t.Helper()
		m, err := s.Append(t.Context(), shopBot, s.id, in)
		s.must(err)
		return m
	}
	greeting := add(bot9.AppendInput{ChatUser: bot9.SpeakerBot, Message: "Welcome"})
	if greeting.InReplyTo != 0 {
		t.Errorf("nobody had asked: %+v", greeting)
	}
	s.wantData(s.news()[0], "messageSent", fmt.Sprintf(
		`{"message":"Welcome","sender":"user123","messageId":"%s","senderType":"bot","source":"website-widget","externalSessionId":null,"inReplyTo":null,"sources":null,"suggestions":null}`,
		greeting.ID))
	question := add(bot9.AppendInput{ChatUser: bot9.SpeakerUser, Message: "Agent please"})
	s.wantEvents("messageReceived") // whose bot it is decides on handovers
	answer := add(bot9.AppendInput{ChatUser: bot9.SpeakerAgent, Message: "Here I am", AgentID: "a7"})
	if answer.InReplyTo != question.ID || answer.AgentID != "a7" {
		t.Errorf("got %+v", answer)
	}
	s.wantEvents("messageSent")
	if given := add(bot9.AppendInput{ChatUser: bot9.SpeakerBot, Message: "More", InReplyTo: greeting.ID}); given.InReplyTo != greeting.ID {
		t.Errorf("got %+v", given)
	}
	if c := s.store.conversations[s.id]; c.Status != bot9.StatusActive || c.AgentID != "" {
		t.Errorf("messages alone changed the conversation: %+v", c)
	}
}

func TestAnAgentWhoSpeaksTakesOver(t *testing.T) {
	s := newStory(t)
	s.change(bot9.ChangeInput{Status: ptr(bot9.StatusNeedsReview)})
	s.events()
	for _, want := range []string{"agentAssigned messageSent", "messageSent"} {
		_, err := s.Append(t.Context(), shopBot, s.id, bot9.AppendInput{ChatUser: bot9.SpeakerAgent, Message: "Hi", AgentID: "a7", AgentName: "Grace"})
		s.must(err)
		s.wantEvents(want)
	}
	_, err := s.Append(t.Context(), shopBot, s.id, bot9.AppendInput{ChatUser: bot9.SpeakerAgent, Message: "Hi"})
	s.must(err)
	s.wantEvents("messageSent")
	if c := s.store.conversations[s.id]; c.AgentID != "a7" || c.AgentName != "Grace" {
		t.Errorf("got %+v", c)
	}
}

func TestAppendRefuses(t *testing.T) {
	s := newStory(t)
	for name, test := range map[string]struct {
		in bot9.AppendInput
		at []string
	}{
		"an unknown speaker":     {bot9.AppendInput{ChatUser: "system", Message: "Hi"}, []string{"body.chatUser"}},
		"a bot that is an agent": {bot9.AppendInput{ChatUser: "bot", Message: "Hi", AgentID: "a7"}, []string{"body.agentId"}},
		"a name without ID":      {bot9.AppendInput{ChatUser: "humanagent", Message: "Hi", AgentName: "G"}, []string{"body.agentName"}},
		"an unknown message":     {bot9.AppendInput{ChatUser: "bot", Message: "Hi", InReplyTo: 77}, []string{"body.inReplyTo"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := s.Append(t.Context(), shopBot, s.id, test.in)
			wantError(t, err, bot9.Invalid, "validationFailed", test.at...)
		})
	}
	s.wantEvents("")
}

func TestReview(t *testing.T) {
	s := newStory(t)
	review := func(score int, comment, handledBy string) {
		t.Helper()
		c, err := s.Review(t.Context(), shopBot, s.id, score, comment)
		s.must(err)
		if c.Score != score {
			t.Errorf("score %d", c.Score)
		}
		s.wantData(s.news()[0], "csatSubmitted", fmt.Sprintf(`{"score":%d,"comment":"%s","handledBy":"%s"}`, score, comment, handledBy))
	}
	review(3, "", "bot")
	_, err := s.Append(t.Context(), shopBot, s.id, bot9.AppendInput{ChatUser: bot9.SpeakerAgent, Message: "Hi"})
	s.must(err)
	_, err = s.Append(t.Context(), shopBot, s.id, bot9.AppendInput{ChatUser: bot9.SpeakerUser, Message: "Thanks"})
	s.must(err)
	s.change(bot9.ChangeInput{Status: ptr(bot9.StatusClosed)})
	s.events()
	review(5, "Quick", "humanagent") // also when it is closed
	for _, score := range []int{0, 6, -1} {
		_, err := s.Review(t.Context(), shopBot, s.id, score, strings.Repeat("x", 4_097))
		wantError(t, err, bot9.Invalid, "validationFailed", "body.score", "body.comment")
	}
	s.wantEvents("")
}

func TestRate(t *testing.T) {
	s := newStory(t)
	reply := s.chat("Hello")
	s.events()
	s.must(s.Rate(t.Context(), shopBot, s.id, reply.ReplyID, 5))
	s.wantData(s.news()[0], "messageRated", fmt.Sprintf(`{"messageId":"%s","rating":5}`, reply.ReplyID))
	if got := s.store.messages[s.id][1].Rating; got != 5 {
		t.Errorf("stored rating %d", got)
	}
	wantError(t, s.Rate(t.Context(), shopBot, s.id, 77, 5), bot9.NotFound, "notFound")
	wantError(t, s.Rate(t.Context(), shopBot, s.id, reply.ReplyID, 6), bot9.Invalid, "validationFailed", "body.rating")
	s.wantEvents("")
}

func TestLead(t *testing.T) {
	s := newStory(t)
	lead := bot9.LeadInput{Details: bot9.Details{Name: "Ada", Phone: "123"}, Fields: map[string]string{"company": "AE"}}
	c, err := s.Lead(t.Context(), shopBot, s.id, lead)
	s.must(err)
	if c.User.Name != "Ada" || c.User.Phone != "123" {
		t.Errorf("got %+v", c.User)
	}
	news := s.news()
	if len(news) != 2 {
		t.Fatalf("events: %+v", news)
	}
	s.wantData(news[0], "leadCaptured", `{"name":"Ada","emailId":"","phone":"123","fields":{"company":"AE"}}`)
	s.wantData(news[1], "userIdentified", fmt.Sprintf(
		`{"user":{"id":"%s","externalId":"user123","name":"Ada","phone":"123"},"changed":["name","phone"]}`, c.EndUserID))
	_, err = s.Lead(t.Context(), shopBot, s.id, lead)
	s.must(err)
	s.wantEvents("leadCaptured")
}

func TestLeadRefuses(t *testing.T) {
	s := newStory(t)
	crowd := map[string]string{}
	for i := range 51 {
		crowd[fmt.Sprint(i)] = ""
	}
	someone := bot9.Details{Name: "Ada"}
	for name, test := range map[string]struct {
		in bot9.LeadInput
		at []string
	}{
		"nobody":          {bot9.LeadInput{Fields: map[string]string{"company": "AE"}}, []string{"body"}},
		"long details":    {bot9.LeadInput{Details: bot9.Details{EmailID: strings.Repeat("x", 255)}}, []string{"body.emailId"}},
		"too many fields": {bot9.LeadInput{Details: someone, Fields: crowd}, []string{"body.fields"}},
		"a nameless one":  {bot9.LeadInput{Details: someone, Fields: map[string]string{"": "x"}}, []string{"body.fields"}},
		"a long one":      {bot9.LeadInput{Details: someone, Fields: map[string]string{"a": strings.Repeat("x", 2_001)}}, []string{"body.fields"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := s.Lead(t.Context(), shopBot, s.id, test.in)
			wantError(t, err, bot9.Invalid, "validationFailed", test.at...)
		})
	}
	s.wantEvents("")
}

func TestAStoreThatCantBeReadIsTold(t *testing.T) {
	s := newStory(t)
	gone := errors.New("the database is gone")
	s.store.readError = gone
	_, err := s.Chat(t.Context(), shopBot, s.id, "I want a human", nil)
	if !errors.Is(err, gone) {
		t.Errorf("Chat: %v", err)
	}
	_, err = s.Append(t.Context(), shopBot, s.id, bot9.AppendInput{ChatUser: bot9.SpeakerBot, Message: "Hi"})
	if !errors.Is(err, gone) {
		t.Errorf("Append: %v", err)
	}
	_, err = s.Change(t.Context(), shopBot, s.id, "", bot9.ChangeInput{Status: ptr(bot9.StatusNeedsReview)})
	if !errors.Is(err, gone) {
		t.Errorf("Change: %v", err)
	}
	s.wantEvents("")
}

func TestPostBeginsConversationsByName(t *testing.T) {
	s := newStory(t)
	session := func(name string) bot9.NewEvent {
		return bot9.NewEvent{Type: "custom.note", Data: []byte(`{}`), Session: &bot9.StartInput{ExternalSessionID: name, User: bot9.StartUser{ExternalID: "bob"}}}
	}
	ids, err := s.Post(t.Context(), shopBot, []bot9.NewEvent{{Type: "custom.note", Data: []byte(`{}`)}, session("s-1")})
	s.must(err)
	news := s.news()
	if len(ids) != 2 || len(news) != 3 || news[0].Type != "conversationStarted" {
		t.Fatalf("%v, events: %+v", ids, news)
	}
	for _, name := range []string{"", strings.Repeat("x", 257)} {
		_, err := s.Post(t.Context(), shopBot, []bot9.NewEvent{session("s-2"), session(name)})
		var of *bot9.ItemError
		if !errors.As(err, &of) || of.Item != 1 || bot9.KindOf(err) != bot9.Invalid {
			t.Errorf("%d letters: %v", len(name), err)
		}
	}
	if news := s.news(); len(news) != 0 {
		t.Errorf("events of what was refused: %+v", news)
	}
}
