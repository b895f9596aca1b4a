package storetest

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/catalog"
)

var inbox = topic{"Inbox", []testCase{
	{"has who waits in the order in which they began to, and an agent's own", inboxQueues},
	{"counts who waits, whose they are, and what is unread", inboxCounts},
	{"marks as read for one member", inboxReads},
	{"has agents take turns", inboxTurns},
	{"finds conversations in which nothing happens any more", inboxSilence},
	{"has settings of each chatbot, and records who changed them", inboxSettings},
	{"keeps private notes apart from messages", privateNotes},
	{"keeps canned replies by name", cannedReplies},
	{"goes with its chatbot", inboxGoes},
}}

// speak stores a message of the speaker in a conversation, and changes it as change says.
func (w *world) speak(id bot9.ConversationID, who bot9.Speaker, change func(bot9.Moment, *bot9.Conversation)) bot9.Message {
	w.t.Helper()
	_, changed, err := w.ChangeConversation(w.ctx, w.chatbot, id, func(m bot9.Moment, c *bot9.Conversation) (bot9.Change, error) {
		said := bot9.Change{}
		if who != "" {
			said.Messages = []bot9.Message{{ID: bot9.MessageID(m.NextID()), ChatUser: who, Text: "said by " + string(who)}}
		}
		if change != nil {
			change(m, c)
		}
		return said, nil
	})
	must(w.t, err)
	if who == "" {
		return bot9.Message{}
	}
	return changed.Messages[0]
}

func wait(m bot9.Moment, c *bot9.Conversation) {
	c.Status = bot9.StatusNeedsReview
	c.Wait(m.NextID())
}

func takenBy(agent string) func(bot9.Moment, *bot9.Conversation) {
	return func(_ bot9.Moment, c *bot9.Conversation) {
		c.Status, c.AgentID, c.AgentName = bot9.StatusNeedsReview, agent, "Agent "+agent
		c.StopWaiting()
	}
}

func (w *world) listed(filter bot9.ConversationFilter) []bot9.ConversationID {
	w.t.Helper()
	return each(readAll(w.t.(*testing.T), 2, func(page bot9.Page) (bot9.List[bot9.Conversation], error) {
		return w.Conversations(w.ctx, w.chatbot, filter, page)
	}), conversationID)
}

func inboxQueues(t *testing.T, w *world) {
	var all []bot9.ConversationID
	for range 6 {
		all = append(all, w.start(bot9.Conversation{User: bot9.EndUser{ExternalID: "ada"}}).ID)
	}
	for _, i := range []int{4, 1, 3, 0, 2} {
		w.clock.Advance(time.Minute)
		w.speak(all[i], bot9.SpeakerUser, wait)
	}
	began := w.clock.Now()
	w.speak(all[3], bot9.SpeakerAgent, takenBy("mem_a"))
	w.speak(all[1], "", takenBy("mem_b"))
	elsewhere := w.start(bot9.Conversation{ChatbotID: w.newChatbot(), WaitingID: 17})
	want(t, "waiting", w.listed(bot9.ConversationFilter{Waiting: true}), []bot9.ConversationID{all[4], all[0], all[2]})
	want(t, "of an agent", w.listed(bot9.ConversationFilter{AgentID: "mem_a"}), []bot9.ConversationID{all[3]})
	want(t, "of an agent, closed", w.listed(bot9.ConversationFilter{AgentID: "mem_a", Status: []bot9.ConversationStatus{bot9.StatusClosed}}), []bot9.ConversationID{})
	user := w.read(all[0]).EndUserID
	want(t, "of an end user", len(w.listed(bot9.ConversationFilter{EndUser: user})), 6)
	want(t, "of another chatbot's end user", len(w.listed(bot9.ConversationFilter{EndUser: elsewhere.EndUserID})), 0)

	c := w.read(all[2])
	want(t, "waits since", c.WaitingSince, began)
	want(t, "last speaker", c.LastSpeaker, bot9.SpeakerUser)
	want(t, "handled", [2]any{w.read(all[3]).WaitingSince, w.read(all[3]).LastSpeaker}, [2]any{bot9.Time(0), bot9.SpeakerAgent})
}

func (w *world) read(id bot9.ConversationID) bot9.Conversation {
	w.t.Helper()
	c, err := w.Conversation(w.ctx, w.chatbot, id)
	must(w.t, err)
	return c
}

func (w *world) counts(member bot9.MemberID) bot9.InboxCounts {
	w.t.Helper()
	counts, err := w.InboxCounts(w.ctx, w.chatbot, member)
	must(w.t, err)
	return counts
}

func inboxCounts(t *testing.T, w *world) {
	ada, bea := w.member("ada@example.com", bot9.Developer), w.member("bea@example.com", bot9.Viewer)
	want(t, "nothing", w.counts(ada.ID), bot9.InboxCounts{})
	mine, waiting, closed := w.conversation(), w.conversation(), w.conversation()
	w.speak(waiting, bot9.SpeakerUser, wait)
	said := w.speak(mine, bot9.SpeakerUser, takenBy(ada.ID.String()))
	w.speak(closed, "", func(_ bot9.Moment, c *bot9.Conversation) {
		c.Status, c.AgentID = bot9.StatusClosed, ada.ID.String()
	})
	want(t, "of Ada", w.counts(ada.ID), bot9.InboxCounts{Waiting: 1, Mine: 1, All: 3, Unread: 1})
	want(t, "of Bea", w.counts(bea.ID), bot9.InboxCounts{Waiting: 1, All: 3})
	want(t, "of nobody", w.counts(0), bot9.InboxCounts{Waiting: 1, All: 3})
	must(t, w.MarkRead(w.ctx, w.chatbot, mine, ada.ID, said.ID))
	want(t, "after reading", w.counts(ada.ID).Unread, 0)
	w.speak(mine, bot9.SpeakerUser, nil)
	want(t, "after another message", w.counts(ada.ID).Unread, 1)
}

func inboxReads(t *testing.T, w *world) {
	ada, bea := w.member("ada@example.com", bot9.Developer), w.member("bea@example.com", bot9.Viewer)
	first, second := w.conversation(), w.conversation()
	old, newer := w.speak(first, bot9.SpeakerUser, nil), w.speak(first, bot9.SpeakerUser, nil)
	w.speak(first, bot9.SpeakerBot, nil)
	want(t, "the end user's newest", w.read(first).LastUserMessage, newer.ID)
	marks := func(of bot9.Member) map[bot9.ConversationID]bot9.MessageID {
		marks, err := w.ReadMarks(w.ctx, of.ID, []bot9.ConversationID{first, second})
		must(t, err)
		return marks
	}
	var told bot9.Topics
	defer w.Watch(w.chatbot, func(topics bot9.Topics) { told |= topics })()
	must(t, w.MarkRead(w.ctx, w.chatbot, first, ada.ID, newer.ID))
	want(t, "other tabs are told", told, bot9.TopicInbox)
	must(t, w.MarkRead(w.ctx, w.chatbot, first, ada.ID, old.ID)) // another tab is behind
	want(t, "read", marks(ada), map[bot9.ConversationID]bot9.MessageID{first: newer.ID})
	want(t, "read by others", len(marks(bea)), 0)
	must(t, w.MarkRead(w.ctx, w.chatbot, first, ada.ID, 0))
	want(t, "marked as unread", len(marks(ada)), 0)
	missing(t, w.MarkRead(w.ctx, w.newChatbot(), first, ada.ID, newer.ID))
	none, err := w.ReadMarks(w.ctx, ada.ID, nil)
	must(t, err)
	want(t, "of no conversations", len(none), 0)
}

func (w *world) handOver() string {
	w.t.Helper()
	agent := bot9.Agent{}
	w.speak(w.conversation(), "", func(m bot9.Moment, c *bot9.Conversation) {
		wait(m, c)
		var err error
		agent, err = m.NextAgent()
		must(w.t, err)
	})
	return agent.Name
}

func inboxTurns(t *testing.T, w *world) {
	// The account's own member has no name of a person here, so that of the address counts.
	want(t, "by default", w.handOver(), "")
	ada, _, bea := w.member("ada@example.com", bot9.Developer), w.member("look@example.com", bot9.Viewer), w.member("bea@example.com", bot9.Admin)
	agents, err := w.Agents(w.ctx, w.chatbot)
	must(t, err)
	want(t, "who may answer", len(agents), 3)
	set := func(members ...bot9.MemberID) {
		_, err := w.ChangeInbox(w.ctx, w.chatbot, func(i *bot9.Inbox) error {
			i.Assignment, i.Agents = bot9.AssignRoundRobin, members
			return nil
		})
		must(t, err)
	}
	set()
	turns := []string{w.handOver(), w.handOver(), w.handOver(), w.handOver()}
	want(t, "in turn", turns, []string{agents[0].Name, agents[1].Name, agents[2].Name, agents[0].Name})
	set(ada.ID, bea.ID)
	turn := func() (id string) {
		w.speak(w.conversation(), "", func(m bot9.Moment, _ *bot9.Conversation) {
			agent, err := m.NextAgent()
			must(t, err)
			id = agent.ID
		})
		return id
	}
	want(t, "of those chosen", []string{turn(), turn(), turn()}, []string{ada.ID.String(), bea.ID.String(), ada.ID.String()})
	must(t, w.RemoveMember(w.ctx, w.account, bea.ID))
	want(t, "without who is gone", []string{turn(), turn()}, []string{ada.ID.String(), ada.ID.String()})
	must(t, w.RemoveMember(w.ctx, w.account, ada.ID))
	want(t, "with nobody left", turn(), "")
}

func (w *world) silent(after bot9.ChatbotID, most int) (ids []bot9.ConversationID) {
	w.t.Helper()
	found, _, err := w.SilentConversations(w.ctx, after, most)
	must(w.t, err)
	return each(found, func(c bot9.SilentConversation) bot9.ConversationID { return c.ID })
}

func (w *world) closeAfter(chatbot bot9.ChatbotID, minutes int) {
	w.t.Helper()
	_, err := w.ChangeInbox(w.ctx, chatbot, func(i *bot9.Inbox) error { i.CloseAfterMinutes = minutes; return nil })
	must(w.t, err)
}

func inboxSilence(t *testing.T, w *world) {
	bot, waiting, asked, handled, closed := w.conversation(), w.conversation(), w.conversation(), w.conversation(), w.conversation()
	w.speak(bot, bot9.SpeakerUser, nil)
	w.speak(waiting, bot9.SpeakerUser, wait)
	w.speak(handled, bot9.SpeakerAgent, takenBy("mem_a"))
	w.speak(asked, bot9.SpeakerUser, takenBy("mem_a"))
	w.speak(closed, bot9.SpeakerBot, func(_ bot9.Moment, c *bot9.Conversation) { c.Status = bot9.StatusClosed })
	w.cleanAll(t) // from now on the clock is known
	w.clock.Advance(29 * time.Minute)
	want(t, "where it isn't set", len(w.silent(0, 10)), 0)
	w.closeAfter(w.chatbot, 30)
	want(t, "too early", len(w.silent(0, 10)), 0)
	w.clock.Advance(time.Minute)
	want(t, "after half an hour", w.silent(0, 10), []bot9.ConversationID{bot, handled})
	want(t, "one of each", w.silent(0, 1), []bot9.ConversationID{bot})
	want(t, "after this chatbot", len(w.silent(w.chatbot, 10)), 0)
	w.speak(bot, bot9.SpeakerUser, nil)
	want(t, "where something was said", w.silent(0, 10), []bot9.ConversationID{handled})
	w.clock.Step(50 * day)
	want(t, "when the clock steps ahead", w.silent(0, 10), []bot9.ConversationID{handled})
	must(t, w.DeleteChatbot(w.ctx, w.account, w.chatbot))
	want(t, "of a deleted chatbot", len(w.silent(0, 10)), 0)
}

func inboxSettings(t *testing.T, w *world) {
	settings, err := w.Inbox(w.ctx, w.chatbot)
	must(t, err)
	want(t, "by default", settings, bot9.Inbox{Assignment: bot9.AssignManually, Agents: []bot9.MemberID{}})
	ada := w.member("ada@example.com", bot9.Developer)
	wanted := bot9.Inbox{Assignment: bot9.AssignRoundRobin, Agents: []bot9.MemberID{ada.ID}, CloseAfterMinutes: 90}
	for range 2 { // the second changes nothing, and is not recorded
		changed, err := w.ChangeInbox(w.ctx, w.chatbot, func(i *bot9.Inbox) error { *i = wanted; return nil })
		must(t, err)
		want(t, "changed", changed, wanted)
	}
	settings, err = w.Inbox(w.ctx, w.chatbot)
	must(t, err)
	want(t, "kept", settings, wanted)
	settings, err = w.Inbox(w.ctx, w.newChatbot())
	must(t, err)
	want(t, "of another", settings.CloseAfterMinutes, 0)
	records := w.auditLog(bot9.AuditFilter{Action: bot9.AuditInboxChanged})
	want(t, "records", len(records), 1)
	want(t, "changes", len(records[0].Changes), 3)
	_, err = w.ChangeInbox(w.ctx, w.chatbot, func(*bot9.Inbox) error { return bot9.InvalidField("no", "body", "No.") })
	refused(t, err, bot9.Invalid, "no")
	_, err = w.ChangeInbox(bot9.WithPrecondition(w.ctx, func(any) error { return bot9.Errorf(bot9.Conflict, "changed", "") }), w.chatbot, func(*bot9.Inbox) error { return nil })
	refused(t, err, bot9.Conflict, "changed")
}

func privateNotes(t *testing.T, w *world) {
	w.webhook() // for everything, which is not by name
	id := w.conversation()
	w.say(id, "hello")
	before := w.read(id)
	add := func(text string) bot9.Note {
		n, err := w.AddNote(w.ctx, w.chatbot, bot9.Note{ConversationID: id, AuthorID: "mem_a", AuthorName: "Ada", Text: text})
		must(t, err)
		return n
	}
	first := add("Careful with this one")
	ofType := bot9.EventFilter{Type: []string{catalog.NoteAdded}}
	want(t, "events where no webhook asks", len(w.allEvents(ofType)), 0)
	asking := w.webhook(choosing(catalog.NoteAdded))
	second := add("A refund was promised")
	notes := readAll(t, 1, func(page bot9.Page) (bot9.List[bot9.Note], error) { return w.Notes(w.ctx, w.chatbot, id, page) })
	want(t, "notes", notes, []bot9.Note{first, second})
	events := w.allEvents(ofType)
	want(t, "events", len(events), 1)
	want(t, "in the conversation's sequence", [2]int64{events[0].Sequence, int64(events[0].ConversationID)}, [2]int64{})
	if data := string(events[0].Data); !strings.Contains(data, "A refund was promised") || !strings.Contains(data, id.String()) {
		t.Errorf("event %s", data)
	}
	w.expand()
	for _, d := range w.deliveries(bot9.DeliveryFilter{EventID: events[0].ID}, 0) {
		want(t, "sent to", d.WebhookID, asking.ID)
	}
	want(t, "the conversation", w.read(id), before)
	messages, err := w.Messages(w.ctx, w.chatbot, id, bot9.Page{})
	must(t, err)
	want(t, "messages", len(messages.Data), 1)
	found, err := w.Conversations(w.ctx, w.chatbot, bot9.ConversationFilter{Query: "refund"}, bot9.Page{})
	must(t, err)
	want(t, "found by a note", len(found.Data), 0)

	other := w.newChatbot()
	_, err = w.AddNote(w.ctx, other, bot9.Note{ConversationID: id, Text: "x"})
	missing(t, err)
	_, err = w.Notes(w.ctx, other, id, bot9.Page{})
	missing(t, err)
	mayNot := func(bot9.Note) error { return bot9.Errorf(bot9.Forbidden, "no", "No.") }
	refused(t, w.DeleteNote(w.ctx, w.chatbot, id, first.ID, mayNot), bot9.Forbidden, "no")
	may := func(bot9.Note) error { return nil }
	missing(t, w.DeleteNote(w.ctx, w.chatbot, w.conversation(), first.ID, may))
	must(t, w.DeleteNote(w.ctx, w.chatbot, id, first.ID, may))
	missing(t, w.DeleteNote(w.ctx, w.chatbot, id, first.ID, may))
	want(t, "records", len(w.auditLog(bot9.AuditFilter{Action: bot9.AuditNoteDeleted})), 1)
}

func cannedReplies(t *testing.T, w *world) {
	made, err := w.CreateCannedReply(w.ctx, bot9.CannedReply{ChatbotID: w.chatbot, Name: "refund", Text: "On its way."})
	must(t, err)
	_, err = w.CreateCannedReply(w.ctx, bot9.CannedReply{ChatbotID: w.chatbot, Name: "refund", Text: "x"})
	refused(t, err, bot9.Conflict, "nameTaken")
	other, err := w.CreateCannedReply(w.ctx, bot9.CannedReply{ChatbotID: w.newChatbot(), Name: "refund", Text: "theirs"})
	must(t, err)
	bye, err := w.CreateCannedReply(w.ctx, bot9.CannedReply{ChatbotID: w.chatbot, Name: "bye", Text: "Good bye"})
	must(t, err)
	list := readAll(t, 1, func(page bot9.Page) (bot9.List[bot9.CannedReply], error) {
		return w.CannedReplies(w.ctx, w.chatbot, page)
	})
	want(t, "list", list, []bot9.CannedReply{made, bye})
	w.clock.Advance(time.Minute)
	changed, err := w.ChangeCannedReply(w.ctx, w.chatbot, made.ID, func(r *bot9.CannedReply) { r.Text = "It is on its way." })
	must(t, err)
	found, err := w.CannedReply(w.ctx, w.chatbot, made.ID)
	must(t, err)
	want(t, "changed", found, changed)
	want(t, "changed at", found.UpdatedAt, w.clock.Now())
	_, err = w.ChangeCannedReply(w.ctx, w.chatbot, made.ID, func(r *bot9.CannedReply) { r.Name = "bye" })
	refused(t, err, bot9.Conflict, "nameTaken")
	_, err = w.ChangeCannedReply(bot9.WithPrecondition(w.ctx, func(any) error { return bot9.Errorf(bot9.Conflict, "changed", "") }), w.chatbot, made.ID, func(*bot9.CannedReply) {})
	refused(t, err, bot9.Conflict, "changed")
	_, err = w.CannedReply(w.ctx, w.chatbot, other.ID)
	missing(t, err)
	missing(t, w.DeleteCannedReply(w.ctx, w.chatbot, other.ID))
	must(t, w.DeleteCannedReply(w.ctx, w.chatbot, made.ID))
	_, err = w.CannedReply(w.ctx, w.chatbot, made.ID)
	missing(t, err)
	want(t, "records", len(w.auditLog(bot9.AuditFilter{Action: bot9.AuditCannedReplyDeleted})), 1)
	for i := range bot9.MaxCannedReplies - 1 {
		_, err := w.CreateCannedReply(w.ctx, bot9.CannedReply{ChatbotID: w.chatbot, Name: "n" + strconv.Itoa(i), Text: "x"})
		must(t, err)
	}
	_, err = w.CreateCannedReply(w.ctx, bot9.CannedReply{ChatbotID: w.chatbot, Name: "one more", Text: "x"})
	refused(t, err, bot9.Invalid, "quotaExceeded")
}

func inboxGoes(t *testing.T, w *world) {
	const secret = "private-note-of-a-deleted-chatbot"
	id := w.conversation()
	said := w.speak(id, bot9.SpeakerUser, nil)
	must(t, w.MarkRead(w.ctx, w.chatbot, id, 77, said.ID))
	_, err := w.AddNote(w.ctx, w.chatbot, bot9.Note{ConversationID: id, Text: secret})
	must(t, err)
	_, err = w.CreateCannedReply(w.ctx, bot9.CannedReply{ChatbotID: w.chatbot, Name: "x", Text: secret})
	must(t, err)
	w.closeAfter(w.chatbot, 5)
	must(t, w.DeleteChatbot(w.ctx, w.account, w.chatbot))
	w.cleanAll(t)
	marks, err := w.ReadMarks(w.ctx, 77, []bot9.ConversationID{id})
	must(t, err)
	want(t, "marks", len(marks), 0)
	settings, err := w.Inbox(w.ctx, w.chatbot)
	must(t, err)
	want(t, "settings", settings.CloseAfterMinutes, 0)
	replies, err := w.CannedReplies(w.ctx, w.chatbot, bot9.Page{})
	must(t, err)
	want(t, "canned replies", len(replies.Data), 0)
}
