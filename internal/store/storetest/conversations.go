package storetest

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/bot9/bot9/internal/bot9"
)

var conversations = topic{"Conversations", []testCase{
	{"are listed by when they began", byBeginning},
	{"come back as they were started", func(t *testing.T, w *world) {
		started := w.start(bot9.Conversation{
			Source: "website-widget", ExternalSessionID: "session", AgentID: "7", AgentName: "Ada", Tags: []string{"vip", "é\"'"}, Score: 4,
			User: bot9.EndUser{ExternalID: "user123", Name: "Grace", EmailID: "grace@example.com", Phone: "+1"},
		})
		want(t, "end user", started.User, bot9.EndUser{
			ID: started.EndUserID, ChatbotID: w.chatbot, ExternalID: "user123", Name: "Grace", EmailID: "grace@example.com", Phone: "+1",
		})
		want(t, "times", [2]bot9.Time{started.CreatedAt, started.UpdatedAt}, [2]bot9.Time{w.clock.Now(), w.clock.Now()})
		found, err := w.Conversation(w.ctx, w.chatbot, started.ID)
		must(t, err)
		want(t, "conversation", found, started)
		_, err = w.Conversation(w.ctx, w.newChatbot(), started.ID)
		missing(t, err)
		_, err = w.Conversation(w.ctx, w.chatbot, 12345)
		missing(t, err)
	}},
	{"find their end user again by external ID, and learn", func(t *testing.T, w *world) {
		first := w.start(bot9.Conversation{User: bot9.EndUser{ExternalID: "user123", Name: "Grace", EmailID: "old@example.com"}})
		second := w.start(bot9.Conversation{User: bot9.EndUser{ExternalID: "user123", EmailID: "new@example.com", Phone: "+1"}})
		want(t, "end user", second.User, bot9.EndUser{
			ID: first.EndUserID, ChatbotID: w.chatbot, ExternalID: "user123", Name: "Grace", EmailID: "new@example.com", Phone: "+1",
		})
		found, err := w.Conversation(w.ctx, w.chatbot, first.ID)
		must(t, err)
		want(t, "end user of the first conversation", found.User, second.User)
		_, _, err = w.ChangeConversation(w.ctx, w.chatbot, first.ID, func(_ bot9.Moment, c *bot9.Conversation) (bot9.Change, error) {
			c.User.Name = "Rear Admiral"
			return bot9.Change{Events: []bot9.NewEvent{note(0, "identified")}}, nil
		})
		must(t, err)
		found, err = w.Conversation(w.ctx, w.chatbot, second.ID)
		must(t, err)
		want(t, "name in the second conversation", found.User.Name, "Rear Admiral")

		elsewhere := w.start(bot9.Conversation{ChatbotID: w.newChatbot(), User: bot9.EndUser{ExternalID: "user123"}})
		want(t, "the same person elsewhere", elsewhere.EndUserID == first.EndUserID, false)
		nobody, other := w.start(bot9.Conversation{}), w.start(bot9.Conversation{})
		want(t, "the same person without an external ID", nobody.EndUserID == other.EndUserID, false)
	}},
	{"are listed newest first, by status and source", func(t *testing.T, w *world) {
		all := []bot9.Conversation{}
		for _, c := range []bot9.Conversation{
			{Status: bot9.StatusActive, Source: "api"},
			{Status: bot9.StatusClosed, Source: "api"},
			{Status: bot9.StatusActive, Source: "widget"},
			{Status: bot9.StatusNeedsReview, Source: "api"},
		} {
			all = append(all, w.start(c))
		}
		w.start(bot9.Conversation{ChatbotID: w.newChatbot(), Source: "api"})
		for _, c := range []struct {
			filter bot9.ConversationFilter
			want   []int
		}{
			{bot9.ConversationFilter{}, []int{3, 2, 1, 0}},
			{bot9.ConversationFilter{Status: []bot9.ConversationStatus{bot9.StatusActive}}, []int{2, 0}},
			{bot9.ConversationFilter{Source: []string{"api"}}, []int{3, 1, 0}},
			{bot9.ConversationFilter{Source: []string{"api"}, Status: []bot9.ConversationStatus{bot9.StatusActive}}, []int{0}},
			{bot9.ConversationFilter{Source: []string{"email"}}, []int{}},
			{bot9.ConversationFilter{Source: []string{"email", "api"}, Status: []bot9.ConversationStatus{bot9.StatusActive, bot9.StatusClosed, bot9.StatusNeedsReview}}, []int{3, 1, 0}},
		} {
			got := readAll(t, 2, func(page bot9.Page) (bot9.List[bot9.Conversation], error) {
				return w.Conversations(w.ctx, w.chatbot, c.filter, page)
			})
			want(t, "conversations", each(got, conversationID), each(c.want, func(i int) bot9.ConversationID { return all[i].ID }))
		}
	}},
	{"have their messages oldest first, in pages", func(t *testing.T, w *world) {
		id, other := w.conversation(), w.conversation()
		made := w.say(id, "one", "two", "three")
		w.say(other, "elsewhere")
		made = append(made, w.say(id, "four", "five")...)
		texts := func(messages []bot9.Message) []string {
			return each(messages, func(m bot9.Message) string { return m.Text })
		}
		read := func(chatbot bot9.ChatbotID, page bot9.Page) (bot9.List[bot9.Message], error) {
			return w.Messages(w.ctx, chatbot, id, page)
		}
		all := readAll(t, 2, func(page bot9.Page) (bot9.List[bot9.Message], error) { return read(w.chatbot, page) })
		want(t, "messages", texts(all), []string{"one", "two", "three", "four", "five"})
		recent, err := w.RecentMessages(w.ctx, id, 2)
		must(t, err)
		want(t, "recent", texts(recent), []string{"four", "five"})

		message, err := w.Message(w.ctx, w.chatbot, id, made[1].ID)
		must(t, err)
		want(t, "message", message, bot9.Message{ID: made[1].ID, ConversationID: id, ChatUser: bot9.SpeakerUser, Text: "two", CreatedAt: made[1].ID.Time()})
		_, err = w.Message(w.ctx, w.chatbot, other, made[1].ID)
		missing(t, err)
		stranger := w.newChatbot()
		_, err = w.Message(w.ctx, stranger, id, made[1].ID)
		missing(t, err)
		_, err = read(stranger, bot9.Page{})
		missing(t, err)
	}},
	{"keep what a reply was made from, and what it asked back", func(t *testing.T, w *world) {
		id := w.conversation()
		sources := []bot9.Source{{DocumentID: 7, Title: "Prices \x00", URL: "https://shop.example", Passage: "1 €", Score: 0.75}}
		suggestions := []bot9.Suggestion{{DocumentID: 8, Title: "Preise"}}
		_, _, err := w.ChangeConversation(w.ctx, w.chatbot, id, func(moment bot9.Moment, c *bot9.Conversation) (bot9.Change, error) {
			first := bot9.Message{ID: bot9.MessageID(moment.NextID()), ConversationID: c.ID, ChatUser: bot9.SpeakerBot, Text: "1 €", Sources: sources}
			second := bot9.Message{ID: bot9.MessageID(moment.NextID()), ConversationID: c.ID, ChatUser: bot9.SpeakerBot, Text: "?", Suggestions: suggestions}
			return bot9.Change{Messages: []bot9.Message{first, second}}, nil
		})
		must(t, err)
		recent, err := w.RecentMessages(w.ctx, id, 2)
		must(t, err)
		want(t, "sources", recent[0].Sources, sources)
		want(t, "suggestions", recent[1].Suggestions, suggestions)
		want(t, "none", []int{len(recent[0].Suggestions), len(recent[1].Sources)}, []int{0, 0})
	}},
	{"keep ratings and who answered what", func(t *testing.T, w *world) {
		id := w.conversation()
		question := w.say(id, "why?")[0].ID
		_, change, err := w.ChangeConversation(w.ctx, w.chatbot, id, func(m bot9.Moment, _ *bot9.Conversation) (bot9.Change, error) {
			answer := bot9.Message{ID: bot9.MessageID(m.NextID()), ChatUser: bot9.SpeakerAgent, Text: "because", InReplyTo: question, AgentID: "7"}
			return bot9.Change{Messages: []bot9.Message{answer}}, nil
		})
		must(t, err)
		answer := change.Messages[0].ID
		_, _, err = w.ChangeConversation(w.ctx, w.chatbot, id, func(bot9.Moment, *bot9.Conversation) (bot9.Change, error) {
			return bot9.Change{Rated: []bot9.MessageRating{{MessageID: answer, Rating: -1}}}, nil
		})
		must(t, err)
		found, err := w.Message(w.ctx, w.chatbot, id, answer)
		must(t, err)
		want(t, "message", found, bot9.Message{
			ID: answer, ConversationID: id, ChatUser: bot9.SpeakerAgent, Text: "because", InReplyTo: question, AgentID: "7", Rating: -1, CreatedAt: answer.Time(),
		})
	}},
	{"show the beginning of the newest message", func(t *testing.T, w *world) {
		id := w.conversation()
		w.say(id, strings.Repeat("é", 1000))
		w.clock.Advance(time.Second)
		found, err := w.Conversation(w.ctx, w.chatbot, id)
		must(t, err)
		want(t, "runes", utf8.RuneCountInString(found.LastMessage), 201)
		want(t, "valid", utf8.ValidString(found.LastMessage), true)
	}},
}}

var search = topic{"Search of conversations", []testCase{
	{"finds parts of names, addresses, external IDs and messages", func(t *testing.T, w *world) {
		named := w.start(bot9.Conversation{User: bot9.EndUser{ExternalID: "User_123", Name: "Grace Hopper", EmailID: "grace@Example.com"}}).ID
		talking := w.conversation()
		w.say(talking, "Save 100% today, it's a \"deal\" \\o/", "ÉCOLE straße")
		noise := w.start(bot9.Conversation{User: bot9.EndUser{ExternalID: "user0123", Name: "nobody"}}).ID
		w.say(noise, "save 1000 today, its a deal")
		w.findsAlike(t, map[string][]bot9.ConversationID{
			"grace hop": {named}, "EXAMPLE.COM": {named}, "user_123": {named}, "r_1": {named}, "user": {noise, named},
			"100%": {talking}, "100% TODAY": {talking}, "it's": {talking}, `"deal"`: {talking}, `\o/`: {talking}, "%": {talking}, `\`: {talking},
			"ÉCOLE": {talking}, "école": {talking}, "STRAßE": {talking}, "today": {noise, talking}, "_": {named}, "absent": {},
			"hop grace": {named}, "grace.com": {}, "grace today": {}, "ode": {}, "oda": {noise, talking}, "od": {}, "to": {noise, talking},
		})
	}},
	{"finds Chinese, Japanese and Korean from two characters", func(t *testing.T, w *world) {
		say := func(text string) bot9.ConversationID {
			id := w.conversation()
			w.say(id, text)
			return id
		}
		chinese, japanese, korean := say("我想退货，订单还没有到"), say("注文はまだ届いていません"), say("주문이 아직 도착하지 않았습니다")
		w.findsAlike(t, map[string][]bot9.ConversationID{
			"退货": {chinese}, "订单还没": {chinese}, "文は": {japanese}, "届いて": {japanese}, "아직": {korean}, "착하": {korean}, "注文": {japanese}, "货": {},
		})
	}},
	{"finds what changed, and no longer what it was", func(t *testing.T, w *world) {
		first := w.start(bot9.Conversation{User: bot9.EndUser{ExternalID: "u1", Name: "Grace Hopper"}}).ID
		second := w.start(bot9.Conversation{User: bot9.EndUser{ExternalID: "u1"}}).ID
		w.findsAlike(t, map[string][]bot9.ConversationID{"hopper": {second, first}, "lovelace": {}})
		third := w.start(bot9.Conversation{User: bot9.EndUser{ExternalID: "u1", Name: "Ada Lovelace"}}).ID
		w.findsAlike(t, map[string][]bot9.ConversationID{"hopper": {}, "lovelace": {third, second, first}})
	}},
	{"finds by status and source, whatever is common", func(t *testing.T, w *world) {
		var all []bot9.ConversationID
		for i := range 30 {
			status := bot9.StatusActive
			if i%3 == 0 {
				status = bot9.StatusClosed
			}
			id := w.start(bot9.Conversation{Status: status, Source: "api"}).ID
			w.say(id, "hello hello")
			if status == bot9.StatusClosed {
				all = append([]bot9.ConversationID{id}, all...)
			}
		}
		for range 2 {
			got := readAll(t, 3, func(page bot9.Page) (bot9.List[bot9.Conversation], error) {
				return w.Conversations(w.ctx, w.chatbot, bot9.ConversationFilter{Query: "ello", Status: []bot9.ConversationStatus{bot9.StatusClosed}, Source: []string{"api"}}, page)
			})
			want(t, "closed", each(got, conversationID), all)
			w.indexAll(t)
		}
	}},
	{"finds one conversation once, and no other chatbot's", func(t *testing.T, w *world) {
		id := w.start(bot9.Conversation{User: bot9.EndUser{Name: "hello"}}).ID
		w.say(id, "hello", "hello again")
		find := func(chatbot bot9.ChatbotID) int {
			list, err := w.Conversations(w.ctx, chatbot, bot9.ConversationFilter{Query: "hello"}, bot9.Page{})
			must(t, err)
			return len(list.Data)
		}
		want(t, "found", find(w.chatbot), 1)
		w.indexAll(t)
		want(t, "found by the index", find(w.chatbot), 1)
		want(t, "found elsewhere", find(w.newChatbot()), 0)
	}},
}}

// indexAll writes the index of all that was said.
// byBeginning lists conversations by when they began.
func byBeginning(t *testing.T, w *world) {
	first := w.start(bot9.Conversation{})
	w.clock.Advance(time.Hour)
	second := w.start(bot9.Conversation{})
	for _, c := range []struct {
		since, until bot9.Time
		want         []bot9.ConversationID
	}{
		{first.CreatedAt, second.CreatedAt, []bot9.ConversationID{first.ID}},
		{second.CreatedAt, 0, []bot9.ConversationID{second.ID}},
		{0, second.CreatedAt + 1, []bot9.ConversationID{second.ID, first.ID}},
		{second.CreatedAt + 1, 0, []bot9.ConversationID{}},
	} {
		list, err := w.Conversations(w.ctx, w.chatbot, bot9.ConversationFilter{Since: c.since, Until: c.until}, bot9.Page{})
		must(t, err)
		want(t, "begun in the time", each(list.Data, func(c bot9.Conversation) bot9.ConversationID { return c.ID }), c.want)
	}
}

func (w *world) indexAll(t *testing.T) {
	t.Helper()
	for more := true; more; {
		var err error
		more, err = w.IndexSearches(w.ctx)
		must(t, err)
	}
}

// findsAlike searches before and after all is indexed.
func (w *world) findsAlike(t *testing.T, queries map[string][]bot9.ConversationID) {
	t.Helper()
	for _, when := range []string{"at once", "by the index"} {
		for query, expected := range queries {
			got := readAll(t, 1, func(page bot9.Page) (bot9.List[bot9.Conversation], error) {
				return w.Conversations(w.ctx, w.chatbot, bot9.ConversationFilter{Query: query}, page)
			})
			if len(got) != len(expected) {
				t.Errorf("%s %q finds %d conversations, want %d", when, query, len(got), len(expected))
				continue
			}
			want(t, query, each(got, conversationID), expected)
		}
		w.indexAll(t)
	}
}
