package api

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/bot9/bot9/internal/bot9"
)

// DocumentStore keeps what a chatbot knows.
type DocumentStore interface {
	Documents(ctx context.Context, chatbot bot9.ChatbotID, page bot9.Page) (bot9.List[bot9.Document], error)
	Document(ctx context.Context, chatbot bot9.ChatbotID, id bot9.DocumentID) (bot9.Document, error)
	CreateDocument(ctx context.Context, d bot9.Document) (bot9.Document, error)
	UpdateDocument(ctx context.Context, d bot9.Document) (bot9.Document, error)
	DeleteDocument(ctx context.Context, chatbot bot9.ChatbotID, id bot9.DocumentID) error
	// KnowledgeStatus counts documents, and those that are still to be encoded.
	KnowledgeStatus(ctx context.Context, chatbot bot9.ChatbotID) (documents, unencoded int64, err error)
}

// Knowledge finds the passages that answer a question, the best first, at most limit.
type Knowledge interface {
	Search(ctx context.Context, chatbot bot9.ChatbotID, question string, limit int) ([]bot9.Passage, error)
	// Preview tells what would become of past questions at each threshold.
	Preview(ctx context.Context, chatbot bot9.ChatbotID, past []bot9.PastQuestion, suggest float64) (bot9.ThresholdPreview, error)
	// Model names the model of meaning; "" if there is none.
	Model() string
}

// DocumentPath names a document.
type DocumentPath struct {
	DocumentID PathID[bot9.DocumentID] `path:"documentId" doc:"The document"`
}

// DocumentInput is what a document says.
type DocumentInput struct {
	Title string `json:"title" minLength:"1" maxLength:"200" doc:"What to call it; it counts in the search" example:"Delivery"`
	Text  string `json:"text" minLength:"1" maxLength:"500000" doc:"Markdown or plain text; up to 8,000 characters of an answer" example:"# How long does delivery take?\nTwo working days."`

	Kind      bot9.DocumentKind `json:"kind,omitempty" enum:"document,answer" doc:"document (unless given) = the bot finds passages in its text; answer = the bot answers its title and its questions with its whole text, and prefers it to passages"`
	URL       string            `json:"url,omitempty" maxLength:"2000" doc:"Where people can read it, http or https; replies name it as their source" example:"https://shop.example/delivery"`
	Questions []string          `json:"questions,omitempty" maxItems:"50" nullable:"false" doc:"What it is also asked as: up to 50 questions in end users' words that it answers, of up to 300 characters each. Two or three of them help the bot more than anything else" example:"When does my parcel arrive?"`
}

const (
	maxAsked      = 300   // characters of a question that a document is also asked as
	maxAnswerText = 8_000 // characters of a curated answer, which is said as a whole
)

// document makes a document of what was given, and says what is wrong with it.
func (in *DocumentInput) document(chatbot bot9.ChatbotID) (bot9.Document, error) {
	d := bot9.Document{ChatbotID: chatbot, Kind: in.Kind, Title: in.Title, Text: in.Text, URL: strings.TrimSpace(in.URL), Questions: []string{}}
	var faults []bot9.FieldError
	if d.Kind == "" {
		d.Kind = bot9.KindDocument
	}
	if d.Kind == bot9.KindAnswer && utf8.RuneCountInString(d.Text) > maxAnswerText {
		faults = append(faults, bot9.FieldError{Location: "body.text", Message: "must have at most 8,000 characters in an answer, since it is said as a whole; make it a document instead"})
	}
	if d.URL != "" && !isWebAddress(d.URL) {
		faults = append(faults, bot9.FieldError{Location: "body.url", Message: "must be an address that begins with https:// or http://"})
	}
	for i, question := range in.Questions {
		question = strings.Join(strings.Fields(question), " ")
		field := indexed("body.questions", i)
		switch {
		case question == "":
			faults = append(faults, bot9.FieldError{Location: field, Message: "must not be empty"})
		case utf8.RuneCountInString(question) > maxAsked:
			faults = append(faults, bot9.FieldError{Location: field, Message: "must have at most 300 characters"})
		case !slices.Contains(d.Questions, question):
			d.Questions = append(d.Questions, question)
		}
	}
	if len(faults) > 0 {
		return d, &bot9.Error{Kind: bot9.Invalid, Code: "validationFailed", Message: "The document is not valid.", Fields: faults}
	}
	return d, nil
}

// isWebAddress tells whether a link to it is safe to show: a page of the web, not a script.
func isWebAddress(address string) bool {
	u, err := url.Parse(address)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != ""
}

// SearchInput is a question to the knowledge.
type SearchInput struct {
	Question string `json:"q" minLength:"1" maxLength:"2000" doc:"The question, in an end user's words" example:"How long does delivery take?"`
	Limit    int    `json:"limit,omitempty" minimum:"1" maximum:"20" doc:"How many passages at most; 5 unless given" example:"5"`
}

const defaultPassages = 5

type createDocumentInput struct{ Body DocumentInput }

type deleteDocumentInput struct {
	DocumentPath
	IfMatch
}

type updateDocumentInput struct {
	DocumentPath
	IfMatch
	Body DocumentInput
}

type searchKnowledgeInput struct{ Body SearchInput }

func (s *server) registerKnowledge() {
	const path, one = chatbotPath + "knowledge", chatbotPath + "knowledge/{documentId}"
	read, write := access{role: bot9.Viewer}, access{role: bot9.Developer}
	register(s, read, operation(http.MethodGet, path, tagKnowledge, "listDocuments",
		"List documents", "What the bot answers from, newest first."), s.listDocuments)
	create := operation(http.MethodPost, path, tagKnowledge, "createDocument",
		"Add a document", "The bot answers from it at once. With `kind: \"answer\"` its text is a curated answer to its questions. Emits `knowledgeUpdated`.")
	create.DefaultStatus = http.StatusCreated
	register(s, access{role: bot9.Developer, creates: true}, create, s.createDocument)
	register(s, read, operation(http.MethodGet, path+"/status", tagKnowledge, "getKnowledgeStatus",
		"How far the knowledge is worked out", "What documents mean is worked out in the background after a change, so that questions in other words and other languages find them. Until then their words answer."),
		s.knowledgeStatus)
	register(s, read, operation(http.MethodGet, one, tagKnowledge, "getDocument",
		"Get a document", "With its whole text."), s.getDocument)
	register(s, write, operation(http.MethodPut, one, tagKnowledge, "replaceDocument",
		"Replace a document", "What isn't given is empty afterwards. Emits `knowledgeUpdated`."), s.updateDocument)
	register(s, write, operation(http.MethodDelete, one, tagKnowledge, "deleteDocument",
		"Delete a document", "Emits `knowledgeUpdated`."), s.deleteDocument)
	register(s, read, operation(http.MethodPost, path+"/search", tagKnowledge, "searchKnowledge",
		"Try a question", "Returns the passages that the bot would answer from, with their scores, and says nothing to anybody."),
		s.searchKnowledge)
}

func (s *server) listDocuments(ctx context.Context, c *caller, in *PageQuery) (*output[bot9.List[bot9.Document]], error) {
	list, err := s.Store.Documents(ctx, c.chatbot, in.page())
	return answerList(ctx, list, err)
}

func (s *server) createDocument(ctx context.Context, c *caller, in *createDocumentInput) (*output[bot9.Document], error) {
	document, err := in.Body.document(c.chatbot)
	if err != nil {
		return nil, err
	}
	return answer(s.Store.CreateDocument(ctx, document))
}

func (s *server) getDocument(ctx context.Context, c *caller, in *DocumentPath) (*editable[bot9.Document], error) {
	document, err := s.Store.Document(ctx, c.chatbot, in.DocumentID.ID)
	return answerEditable(document, document, err)
}

func (s *server) updateDocument(ctx context.Context, c *caller, in *updateDocumentInput) (*editable[bot9.Document], error) {
	document, err := in.Body.document(c.chatbot)
	if err != nil {
		return nil, err
	}
	document.ID = in.DocumentID.ID
	document, err = s.Store.UpdateDocument(in.expect(ctx), document)
	return answerEditable(document, document, err)
}

func (s *server) deleteDocument(ctx context.Context, c *caller, in *deleteDocumentInput) (*struct{}, error) {
	return nil, s.Store.DeleteDocument(in.expect(ctx), c.chatbot, in.DocumentID.ID)
}

func (s *server) knowledgeStatus(ctx context.Context, c *caller, _ *struct{}) (*output[bot9.KnowledgeStatus], error) {
	documents, unencoded, err := s.Store.KnowledgeStatus(ctx, c.chatbot)
	status := bot9.KnowledgeStatus{Documents: documents, Model: s.Knowledge.Model(), Meaning: "off"}
	if status.Model != "" {
		status.Encoded, status.Meaning = max(documents-unencoded, 0), "ready"
		if unencoded > 0 {
			status.Meaning = "working"
		}
	}
	return answer(status, err)
}

func (s *server) searchKnowledge(ctx context.Context, c *caller, in *searchKnowledgeInput) (*output[bot9.List[bot9.Passage]], error) {
	limit := in.Body.Limit
	if limit == 0 {
		limit = defaultPassages
	}
	passages, err := s.Knowledge.Search(ctx, c.chatbot, in.Body.Question, limit)
	for i := range passages {
		passages[i].Matched = nonNil(passages[i].Matched)
	}
	return answerList(ctx, bot9.List[bot9.Passage]{Data: passages}, err)
}
