package api

import (
	"testing"

	"github.com/bot9/bot9/internal/bot9"
)

func TestInbox(t *testing.T) {
	w := newWorld()
	c := w.startConversation(bot9.StatusNeedsReview)
	w.conversations[0].LastUserMessage = bot9.MessageID(w.id())
	one := "/api/{bot}/conversations/" + c.ID.String()
	self, colleague := w.members[2].ID.String(), w.members[1].ID.String() // a developer, and an admin
	asViewer := w.members[3].ID.String()
	run(t, w, []request{
		{name: "settings by default", as: viewer, call: "GET /api/{bot}/inbox", status: 200, want: []string{`"agents":[]`, `"closeAfterMinutes":0`}},
		{name: "settings are changed", as: developer, call: "PATCH /api/{bot}/inbox", body: `{"assignment":"roundRobin","agents":["` + colleague + `","` + colleague + `"],"closeAfterMinutes":30}`, status: 200, want: []string{`"assignment":"roundRobin"`, `"agents":["` + colleague + `"]`, `"closeAfterMinutes":30`}},
		{name: "what is left out stays, null restores", as: key, call: "PATCH /api/{bot}/inbox", body: `{"agents":null}`, status: 200, want: []string{`"assignment":"roundRobin"`, `"agents":[]`}},
		{name: "a viewer takes no turns", as: developer, call: "PATCH /api/{bot}/inbox", body: `{"agents":["` + asViewer + `"]}`, status: 422, want: []string{`"body.agents[0]"`}},
		{name: "bounds", as: developer, call: "PATCH /api/{bot}/inbox", body: `{"closeAfterMinutes":-1,"assignment":"whoever"}`, status: 422, want: []string{`"body.closeAfterMinutes"`, `"body.assignment"`}},
		{name: "another version", as: developer, call: "PATCH /api/{bot}/inbox", body: `{}`, header: map[string]string{"If-Match": `"x"`}, status: 412},
		{name: "agents", as: viewer, call: "GET /api/{bot}/inbox/agents", status: 200, want: []string{self, `"name":"owner"`}, not: []string{asViewer, "stranger", "@"}},
		{name: "counts", as: viewer, call: "GET /api/{bot}/inbox/counts", status: 200, want: []string{`"waiting":1,"mine":2,"all":1,"unread":1`}},
		{name: "a key has nothing of its own", as: key, call: "GET /api/{bot}/inbox/counts", status: 200, want: []string{`"mine":0`}},

		{name: "unread", as: viewer, call: "GET " + one, status: 200, want: []string{`"unread":true`}},
		{name: "read", as: viewer, call: "POST " + one + "/read", status: 204},
		{name: "read in the list", as: viewer, call: "GET /api/{bot}/conversations", status: 200, not: []string{`"unread"`}},
		{name: "unread for others", as: owner, call: "GET /api/{bot}/conversations", status: 200, want: []string{`"unread":true`}},
		{name: "up to a message of before", as: owner, call: "POST " + one + "/read", body: `{"messageId":"msg_0000000000001"}`, status: 204},
		{name: "so the newest is unread", as: owner, call: "GET " + one, status: 200, want: []string{`"unread":true`}},
		{name: "unread again", as: viewer, call: "DELETE " + one + "/read", status: 204},
		{name: "and so it is", as: viewer, call: "GET " + one, status: 200, want: []string{`"unread":true`}},
		{name: "keys read nothing", as: key, call: "GET " + one, status: 200, not: []string{`"unread"`}},
		{name: "nor mark it", as: key, call: "POST " + one + "/read", status: 403, want: []string{`"sessionRequired"`}},
		{name: "another account's", as: stranger, call: "POST " + one + "/read", status: 404},

		{name: "waiting", as: key, call: "GET /api/{bot}/conversations?queue=waiting", status: 200},
		{name: "mine of a key", as: key, call: "GET /api/{bot}/conversations?queue=mine", status: 422, want: []string{`"query.queue"`}},
		{name: "no such queue", as: key, call: "GET /api/{bot}/conversations?queue=yours", status: 422, want: []string{`"query.queue"`}},
		{name: "no end user's ID", as: key, call: "GET /api/{bot}/conversations?endUserId=me", status: 422, want: []string{`"query.endUserId"`}},
		{name: "assigned to nobody who may answer", as: developer, call: "PATCH " + one, body: `{"agentId":"` + asViewer + `"}`, status: 422, want: []string{`"body.agentId"`}},
		{name: "an integrator's own agent", as: key, call: "PATCH " + one, body: `{"agentId":"agent-7"}`, status: 200},
	})
}

// What the API asks of the rooms below.
func TestQueuesAndAssignment(t *testing.T) {
	w := newWorld()
	c := w.startConversation(bot9.StatusNeedsReview)
	self, colleague := w.members[2].ID.String(), w.members[1].ID.String()
	run(t, w, []request{{name: "mine", as: developer, call: "GET /api/{bot}/conversations?queue=mine", status: 200}})
	if f := w.inbox.asked; f.AgentID != self || len(f.Status) != 1 || f.Status[0] != bot9.StatusNeedsReview || f.Waiting {
		t.Errorf("mine asks for %+v", f)
	}
	run(t, w, []request{{name: "waiting", as: viewer, call: "GET /api/{bot}/conversations?queue=waiting", status: 200}})
	if f := w.inbox.asked; !f.Waiting || f.AgentID != "" {
		t.Errorf("waiting asks for %+v", f)
	}
	for agent, delegated := range map[string]bool{self: false, colleague: true} {
		run(t, w, []request{{name: "assign", as: developer, call: "PATCH /api/{bot}/conversations/" + c.ID.String(), body: `{"agentId":"` + agent + `","agentName":"Somebody"}`, status: 200}})
		if in := w.inbox.changed; in.Delegated != delegated || *in.AgentName == "Somebody" {
			t.Errorf("assigning %s: delegated %t as %q", agent, in.Delegated, *in.AgentName)
		}
	}
}

func TestNotesAndCannedReplies(t *testing.T) {
	w := newWorld()
	c := w.startConversation(bot9.StatusNeedsReview)
	w.inbox.notes = []bot9.Note{{ID: bot9.NoteID(w.id()), ConversationID: c.ID, AuthorID: w.members[0].ID.String(), Text: "the owner's"}}
	w.inbox.canned = []bot9.CannedReply{{ID: bot9.CannedReplyID(w.id()), ChatbotID: w.bot(), Name: "hello", Text: "Good day"}}
	notes, canned := "/api/{bot}/conversations/"+c.ID.String()+"/notes", "/api/{bot}/canned-replies"
	oneNote, oneReply := notes+"/"+w.inbox.notes[0].ID.String(), canned+"/"+w.inbox.canned[0].ID.String()
	run(t, w, []request{
		{name: "a note", as: developer, call: "POST " + notes, body: `{"text":" Careful. "}`, status: 201, want: []string{`"text":"Careful."`, `"authorId":"` + w.members[2].ID.String(), `"authorName":"developer"`, `"id":"note_`}},
		{name: "of a key", as: key, call: "POST " + notes, body: `{"text":"By a program"}`, status: 201, want: []string{`"authorId":"key_`}},
		{name: "a blank one", as: developer, call: "POST " + notes, body: `{"text":"  "}`, status: 422, want: []string{`"body.text"`}},
		{name: "are listed", as: viewer, call: "GET " + notes, status: 200, want: []string{"the owner's", "Careful."}},
		{name: "and are no messages", as: viewer, call: "GET /api/{bot}/conversations/" + c.ID.String() + "/messages", status: 200, not: []string{"Careful"}},
		{name: "another account's", as: strangerKey, call: "GET /api/{strangers}/conversations/" + c.ID.String() + "/notes", status: 404},
		{name: "somebody else's is not deleted", as: developer, call: "DELETE " + oneNote, status: 403, want: []string{`"roleTooLow"`}},
		{name: "an admin deletes it", as: admin, call: "DELETE " + oneNote, status: 204},
		{name: "gone", as: admin, call: "DELETE " + oneNote, status: 404},

		{name: "canned replies", as: viewer, call: "GET " + canned, status: 200, want: []string{`"name":"hello"`}},
		{name: "another one", as: developer, call: "POST " + canned, body: `{"name":"bye","text":"Good bye"}`, status: 201, want: []string{`"id":"can_`}},
		{name: "two words are no name", as: developer, call: "POST " + canned, body: `{"name":"good bye","text":" "}`, status: 422, want: []string{`"body.name"`, `"body.text"`}},
		{name: "one is changed", as: developer, call: "PATCH " + oneReply, body: `{"text":"Hello there"}`, status: 200, want: []string{`"name":"hello"`, "Hello there"}},
		{name: "its name can't be removed", as: developer, call: "PATCH " + oneReply, body: `{"name":null}`, status: 422, want: []string{`"body.name"`}},
		{name: "of another version", as: developer, call: "PATCH " + oneReply, body: `{"text":"x"}`, header: map[string]string{"If-Match": `"x"`}, status: 412},
		{name: "another account's reply", as: strangerKey, call: "GET /api/{strangers}/canned-replies/" + w.inbox.canned[0].ID.String(), status: 404},
		{name: "is deleted", as: developer, call: "DELETE " + oneReply, status: 204},
	})
}
