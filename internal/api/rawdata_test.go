package api

import (
	"testing"

	"github.com/bot9/bot9/internal/bot9"
)

func TestRawData(t *testing.T) {
	w := newWorld()
	at := bot9.Time(1_795_374_000_000) // 2026-11-22T19:00Z
	user := bot9.EndUser{ID: 70, ExternalID: "user123"}
	w.conversations = []bot9.Conversation{{
		ID: 60, ChatbotID: w.bot(), EndUserID: 70, User: user, Source: "widget", Status: bot9.StatusNeedsReview, AgentID: "agent-7", Tags: []string{"billing"}, Score: 4, CreatedAt: at, UpdatedAt: at,
	}}
	w.messages = []bot9.Message{
		{ID: 80, ConversationID: 60, ChatUser: bot9.SpeakerUser, Text: "Where is it?", CreatedAt: at},
		{ID: 81, ConversationID: 60, ChatUser: bot9.SpeakerBot, Text: "On its way", CreatedAt: at, Answer: &bot9.AnswerDetails{Actions: []bot9.ActionRun{{Name: "orderStatus"}}}},
	}
	w.events = []*bot9.Event{{
		ID: bot9.EventID(bot9.FirstIDAt(at + 5)), ChatbotID: w.bot(), ConversationID: 60, Type: "conversationStatusChanged",
		Data: []byte(`{"from":"active","to":"needs_review","by":"user","reason":"asked"}`),
	}}
	const path = "GET /api/analytics/v2/{bot}/"
	const span = "?startDate=2026-11-22&startTime=19:00&endDate=2026-11-22&endTime=19:00"
	run(t, w, []request{
		{name: "chats", as: key, call: path + "raw-chat-data" + span, status: 200, want: []string{
			`"conversations":[{"id":"` + bot9.ConversationID(60).String() + `","createdAt":"2026-11-22T19:00:00.000Z","endUserId":"` + bot9.EndUserID(70).String() + `","Source":"widget","status":"needs_review","AgentId":"agent-7"}]`,
			`"chatUser":"user","chatText":"Where is it?","meta":null`, `"meta":{"functionCall":[{"name":"orderStatus"}]}`,
			`"chatUser":"system","chatText":"{\"conversationTransfer\":\"needs_review\",\"reason\":\"asked\"}"`,
			`"reviews":[{"entityId":"` + bot9.ConversationID(60).String() + `","value":4,"createdAt"`,
			`"conversationTags":[{"ConversationId":"` + bot9.ConversationID(60).String() + `","name":"billing"}]`,
			`"tagAttributes":[{"entityId":"` + bot9.EndUserID(70).String() + `","value":"user123"}]`,
		}},
		{name: "agents", as: key, call: path + "raw-agent-data" + span, status: 200, want: []string{
			`"userIdTagAttributes":[{"entityId":`, `"cityTagAttributes":[]`, `"users":[{"id":"mem_`, `"invitations":[{"email":"`,
		}},
		{name: "another minute", as: key, call: path + "raw-chat-data?startDate=2026-11-22&startTime=19:01&endDate=2026-11-30", status: 200, want: []string{`"conversations":[]`, `"messages":[]`, `"reviews":[]`, `"conversationTags":[]`, `"tagAttributes":[]`}},
		{name: "without a start", as: key, call: path + "raw-chat-data?endDate=2026-11-30", status: 422, want: []string{"query.startDate"}},
		{name: "no such day", as: key, call: path + "raw-chat-data?startDate=2026-02-30&endDate=2026-11-30", status: 422, want: []string{"query.startDate"}},
		{name: "backwards", as: key, call: path + "raw-chat-data?startDate=2026-11-30&endDate=2026-11-01", status: 422, want: []string{"query.endDate"}},
		{name: "a stranger's", as: strangerKey, call: path + "raw-chat-data" + span, status: 404},
		{name: "viewers read no people", as: viewer, call: path + "raw-agent-data" + span, status: 403},
	})
}
