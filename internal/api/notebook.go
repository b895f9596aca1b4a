package api

import (
	"context"
	"net/http"
	"strings"

	"github.com/bot9/bot9/internal/bot9"
)

// NotebookStore keeps private notes and canned replies.
type NotebookStore interface {
	Notes(ctx context.Context, chatbot bot9.ChatbotID, conversation bot9.ConversationID, page bot9.Page) (bot9.List[bot9.Note], error)
	AddNote(ctx context.Context, chatbot bot9.ChatbotID, n bot9.Note) (bot9.Note, error)
	DeleteNote(ctx context.Context, chatbot bot9.ChatbotID, conversation bot9.ConversationID, id bot9.NoteID, may func(bot9.Note) error) error
	CannedReplies(ctx context.Context, chatbot bot9.ChatbotID, page bot9.Page) (bot9.List[bot9.CannedReply], error)
	CannedReply(ctx context.Context, chatbot bot9.ChatbotID, id bot9.CannedReplyID) (bot9.CannedReply, error)
	CreateCannedReply(ctx context.Context, reply bot9.CannedReply) (bot9.CannedReply, error)
	ChangeCannedReply(ctx context.Context, chatbot bot9.ChatbotID, id bot9.CannedReplyID, change func(*bot9.CannedReply)) (bot9.CannedReply, error)
	DeleteCannedReply(ctx context.Context, chatbot bot9.ChatbotID, id bot9.CannedReplyID) error
}

// NoteInput is a private note.
type NoteInput struct {
	Text string `json:"text" minLength:"1" maxLength:"10000" pattern:"\\S" patternDescription:"a text that isn't blank" doc:"The note; the end user never sees it" example:"A refund was promised by phone."`
}

// NotePath names a note.
type NotePath struct {
	NoteID PathID[bot9.NoteID] `path:"noteId" doc:"The note"`
}

// CannedReplyInput is a canned reply.
type CannedReplyInput struct {
	Name string `json:"name" minLength:"1" maxLength:"64" pattern:"^\\S+$" patternDescription:"one word" doc:"The word to find it by" example:"refund"`
	Text string `json:"text" minLength:"1" maxLength:"10000" pattern:"\\S" patternDescription:"a text that isn't blank" doc:"What is said" example:"Your refund is on its way."`
}

// CannedReplyChange is a merge patch (RFC 7396): it changes what is given and leaves the rest as it is.
type CannedReplyChange struct {
	Name *string `json:"name,omitempty" minLength:"1" maxLength:"64" pattern:"^\\S+$" patternDescription:"one word" doc:"The word to find it by" example:"refund"`
	Text *string `json:"text,omitempty" minLength:"1" maxLength:"10000" pattern:"\\S" patternDescription:"a text that isn't blank" doc:"What is said" example:"Your refund is on its way."`
}

// CannedReplyPath names a canned reply.
type CannedReplyPath struct {
	CannedReplyID PathID[bot9.CannedReplyID] `path:"cannedReplyId" doc:"The canned reply"`
}

type addNoteInput struct {
	ConversationPath
	Body NoteInput
}

type deleteNoteInput struct {
	ConversationPath
	NotePath
}

type createCannedInput struct{ Body CannedReplyInput }

type changeCannedInput struct {
	CannedReplyPath
	IfMatch
	Body CannedReplyChange
}

type deleteCannedInput struct {
	CannedReplyPath
	IfMatch
}

func (s *server) registerNotes() {
	const path = chatbotPath + "conversations/{conversationId}/notes"
	register(s, access{role: bot9.Viewer}, operation(http.MethodGet, path, tagInbox, "listNotes", "List private notes",
		"What members wrote to each other about the conversation, oldest first. They are never among its messages."), s.listNotes)
	add := operation(http.MethodPost, path, tagInbox, "addNote", "Add a private note",
		"The end user never sees it. Emits `noteAdded` to webhooks that ask for it by name (`*` doesn't include it).")
	add.DefaultStatus = http.StatusCreated
	register(s, access{role: bot9.Developer, creates: true}, add, s.addNote)
	register(s, access{role: bot9.Developer}, operation(http.MethodDelete, path+"/{noteId}", tagInbox, "deleteNote", "Delete a private note",
		"One's own; admins and owners may delete all."), s.deleteNote)
}

func (s *server) registerCannedReplies() {
	const path, one = chatbotPath + "canned-replies", chatbotPath + "canned-replies/{cannedReplyId}"
	read, write := access{role: bot9.Viewer}, access{role: bot9.Developer}
	register(s, read, operation(http.MethodGet, path, tagInbox, "listCannedReplies", "List canned replies",
		"Texts that agents send often, oldest first."), s.listCanned)
	create := operation(http.MethodPost, path, tagInbox, "createCannedReply", "Add a canned reply",
		"Its name is unique within the chatbot (409 `nameTaken`). There are at most 500.")
	create.DefaultStatus = http.StatusCreated
	register(s, access{role: bot9.Developer, creates: true}, create, s.createCanned)
	register(s, read, operation(http.MethodGet, one, tagInbox, "getCannedReply", "Get a canned reply", "Its name and text."), s.getCanned)
	register(s, write, operation(http.MethodPatch, one, tagInbox, "changeCannedReply", "Change a canned reply", "What was sent already stays as it is."), s.changeCanned)
	register(s, write, operation(http.MethodDelete, one, tagInbox, "deleteCannedReply", "Delete a canned reply", "What was sent already stays."), s.deleteCanned)
}

type notesInput struct {
	ConversationPath
	PageQuery
}

func (s *server) listNotes(ctx context.Context, c *caller, in *notesInput) (*output[bot9.List[bot9.Note]], error) {
	list, err := s.Store.Notes(ctx, c.chatbot, in.ConversationID.ID, in.page())
	return answerList(ctx, list, err)
}

func (s *server) addNote(ctx context.Context, c *caller, in *addNoteInput) (*output[bot9.Note], error) {
	return answer(s.Store.AddNote(ctx, c.chatbot, bot9.Note{
		ConversationID: in.ConversationID.ID, AuthorID: c.ID, AuthorName: c.Label, Text: strings.TrimSpace(in.Body.Text),
	}))
}

func (s *server) deleteNote(ctx context.Context, c *caller, in *deleteNoteInput) (*struct{}, error) {
	return nil, s.Store.DeleteNote(ctx, c.chatbot, in.ConversationID.ID, in.NoteID.ID, func(n bot9.Note) error {
		if n.AuthorID == c.ID || c.role().AtLeast(bot9.Admin) {
			return nil
		}
		return bot9.Errorf(bot9.Forbidden, codeRoleTooLow, "Only its author, admins and owners may delete a note.")
	})
}

func (s *server) listCanned(ctx context.Context, c *caller, in *PageQuery) (*output[bot9.List[bot9.CannedReply]], error) {
	list, err := s.Store.CannedReplies(ctx, c.chatbot, in.page())
	return answerList(ctx, list, err)
}

func (s *server) createCanned(ctx context.Context, c *caller, in *createCannedInput) (*output[bot9.CannedReply], error) {
	return answer(s.Store.CreateCannedReply(ctx, bot9.CannedReply{ChatbotID: c.chatbot, Name: in.Body.Name, Text: in.Body.Text}))
}

func (s *server) getCanned(ctx context.Context, c *caller, in *CannedReplyPath) (*editable[bot9.CannedReply], error) {
	reply, err := s.Store.CannedReply(ctx, c.chatbot, in.CannedReplyID.ID)
	return answerEditable(reply, reply, err)
}

func (s *server) changeCanned(ctx context.Context, c *caller, in *changeCannedInput) (*editable[bot9.CannedReply], error) {
	reply, err := s.Store.ChangeCannedReply(in.expect(ctx), c.chatbot, in.CannedReplyID.ID, func(reply *bot9.CannedReply) {
		set(&reply.Name, in.Body.Name)
		set(&reply.Text, in.Body.Text)
	})
	return answerEditable(reply, reply, err)
}

func (s *server) deleteCanned(ctx context.Context, c *caller, in *deleteCannedInput) (*struct{}, error) {
	return nil, s.Store.DeleteCannedReply(in.expect(ctx), c.chatbot, in.CannedReplyID.ID)
}
