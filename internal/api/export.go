package api

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"io"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/bot9/bot9/internal/bot9"
)

const exportPage = 250 // conversations, or messages, that an export reads at once

type exportInput struct {
	Format string `query:"format" enum:"jsonl,csv" default:"jsonl" doc:"jsonl: a conversation a line, with its messages. csv: a message a line"`
	Since  Moment `query:"since" doc:"Conversations that began at this time or later"`
	Until  Moment `query:"until" doc:"Conversations that began before this time"`
}

// ExportedConversation is a line of an export.
type ExportedConversation struct {
	bot9.Conversation
	Messages []bot9.Message `json:"messages" doc:"All messages, oldest first"`
}

var exportColumns = []string{"conversationId", "source", "status", "externalSessionId", "userName", "userExternalId", "userEmailId", "messageId", "createdAt", "chatUser", "message"}

func (s *server) registerExport() {
	op := operation(http.MethodGet, chatbotPath+"conversations/export", tagConversations, "exportConversations",
		"Export conversations", "All conversations that began in the time, newest first, with what was said. The answer is streamed, however many there are; "+
			"an export that is cut off ends without the last chunk, so that no client takes a part for the whole.")
	schemaOf[ExportedConversation](s.registry())
	text := &huma.Schema{Type: huma.TypeString}
	op.Responses = map[string]*huma.Response{"200": {Description: "The conversations", Content: map[string]*huma.MediaType{mediaJSONL: {Schema: text}, "text/csv": {Schema: text}}}}
	register(s, access{role: bot9.Viewer}, op, s.exportConversations)
}

func (s *server) exportConversations(ctx context.Context, c *caller, in *exportInput) (*huma.StreamResponse, error) {
	filter := bot9.ConversationFilter{Since: in.Since.Time, Until: in.Until.Time}
	first, err := s.Store.Conversations(ctx, c.chatbot, filter, bot9.Page{Limit: exportPage})
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(out huma.Context) {
		var line func(*bot9.Conversation, []bot9.Message) error
		if in.Format == "csv" {
			out.SetHeader("Content-Type", "text/csv; charset=utf-8")
			out.SetHeader("Content-Disposition", `attachment; filename="conversations.csv"`)
			line = csvLines(out.BodyWriter())
		} else {
			out.SetHeader("Content-Type", mediaJSONL)
			out.SetHeader("Content-Disposition", `attachment; filename="conversations.jsonl"`)
			encoder := json.NewEncoder(out.BodyWriter())
			line = func(c *bot9.Conversation, messages []bot9.Message) error {
				c.Tags = nonNil(c.Tags)
				return encoder.Encode(ExportedConversation{*c, messages})
			}
		}
		err := s.walkConversations(out.Context(), c.chatbot, filter, first, func(one *bot9.Conversation) error {
			return s.exportOne(out.Context(), one, in.Format == "csv", line)
		})
		if err != nil {
			panic(http.ErrAbortHandler) // breaks the connection off
		}
	}}, nil
}

// walkConversations calls each with all conversations that the filter chooses; first is their first page.
func (s *server) walkConversations(ctx context.Context, chatbot bot9.ChatbotID, filter bot9.ConversationFilter, list bot9.List[bot9.Conversation], each func(*bot9.Conversation) error) error {
	for {
		for i := range list.Data {
			if err := each(&list.Data[i]); err != nil {
				return err
			}
		}
		if list.NextCursor == nil {
			return nil
		}
		var err error
		if list, err = s.Store.Conversations(ctx, chatbot, filter, bot9.Page{Limit: exportPage, Cursor: *list.NextCursor}); err != nil {
			return err
		}
	}
}

// exportOne reads a conversation's messages and writes them: together where they are one line, else page by page.
func (s *server) exportOne(ctx context.Context, c *bot9.Conversation, byPage bool, line func(*bot9.Conversation, []bot9.Message) error) error {
	messages, page := []bot9.Message{}, bot9.Page{Limit: exportPage}
	for {
		list, err := s.Store.Messages(ctx, c.ChatbotID, c.ID, page)
		if err != nil {
			return err
		}
		messages = append(messages, list.Data...)
		if byPage || list.NextCursor == nil {
			if err := line(c, messages); err != nil {
				return err
			}
			messages = messages[:0]
		}
		if list.NextCursor == nil {
			return nil
		}
		page.Cursor = *list.NextCursor
	}
}

func csvLines(out io.Writer) func(*bot9.Conversation, []bot9.Message) error {
	w := csv.NewWriter(out)
	w.UseCRLF = true           // RFC 4180
	_ = w.Write(exportColumns) // the writer keeps its error
	w.Flush()
	return func(c *bot9.Conversation, messages []bot9.Message) error {
		for i := range messages {
			m := &messages[i]
			row := []string{
				c.ID.String(), c.Source, string(c.Status), c.ExternalSessionID, c.User.Name, c.User.ExternalID, c.User.EmailID,
				m.ID.String(), string(m.CreatedAt.AppendText(nil)), string(m.ChatUser), m.Text,
			}
			for i := range row {
				row[i] = inert(row[i])
			}
			_ = w.Write(row)
		}
		w.Flush()
		return w.Error()
	}
}

// inert keeps a spreadsheet from taking a cell for a formula, as end users write the texts
// (https://owasp.org/www-community/attacks/CSV_Injection).
func inert(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
		return "'" + cell
	}
	return cell
}
