package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/bot9/bot9/client"
)

// knowledgeCommand is what the chatbot answers from.
func (p *program) knowledgeCommand() *cobra.Command {
	return group("knowledge", "Look at what the chatbot answers from, and change it",
		p.listDocumentsCommand(),
		p.calling("get DOCUMENT", "Show a document", cobra.ExactArgs(1), func(ctx context.Context, s *session, args []string) error {
			document, err := s.Document(ctx, args[0])
			return s.showDocument(document, err)
		}),
		p.writeDocumentCommand("add TITLE", "Add a document; its text is read from --file or standard input", cobra.ExactArgs(1),
			func(ctx context.Context, s *session, args []string, document client.NewDocument) (client.Document, error) {
				document.Title = args[0]
				return s.CreateDocument(ctx, document)
			}),
		p.writeDocumentCommand("replace DOCUMENT TITLE", "Replace all that a document says", cobra.ExactArgs(2),
			func(ctx context.Context, s *session, args []string, document client.NewDocument) (client.Document, error) {
				document.Title = args[1]
				return s.ReplaceDocument(ctx, args[0], document)
			}),
		p.calling("delete DOCUMENT", "Delete a document", cobra.ExactArgs(1), func(ctx context.Context, s *session, args []string) error {
			if err := s.DeleteDocument(ctx, args[0]); err != nil {
				return err
			}
			if !s.connection.json {
				s.line("Deleted %s.", args[0])
			}
			return nil
		}),
		p.searchKnowledgeCommand(),
		p.calling("status", "Tell how many documents are answered from by meaning", cobra.NoArgs, func(ctx context.Context, s *session, _ []string) error {
			status, err := s.KnowledgeStatus(ctx)
			if err != nil {
				return err
			}
			s.show(func() {
				s.facts("Documents", number(status.Documents), "By meaning", number(status.Encoded), "Meaning", status.Meaning, "Model", status.Model)
			})
			return nil
		}))
}

func (p *program) listDocumentsCommand() *cobra.Command {
	var page pageFlags
	command := p.calling("list", "List the documents, newest first", cobra.NoArgs, func(ctx context.Context, s *session, _ []string) error {
		documents, err := s.Documents(ctx, page.Page)
		if err != nil {
			return err
		}
		s.show(func() {
			var rows [][]string
			for _, d := range documents.Data {
				rows = append(rows, []string{d.ID, d.Kind, short(d.Title, 40), number(len(d.Questions)), clock(d.UpdatedAt), short(d.Text, 40)})
			}
			s.table([]string{"DOCUMENT", "KIND", "TITLE", "QUESTIONS", "CHANGED", "TEXT"}, rows)
			s.more(documents.NextCursor)
		})
		return nil
	})
	page.add(command)
	return command
}

// writeDocumentCommand is a command that takes what a document says.
func (p *program) writeDocumentCommand(use, short string, args cobra.PositionalArgs,
	write func(ctx context.Context, s *session, args []string, document client.NewDocument) (client.Document, error),
) *cobra.Command {
	var document client.NewDocument
	var file string
	command := p.calling(use, short, args, func(ctx context.Context, s *session, args []string) error {
		text, err := readText(s.command, file)
		if err != nil {
			return err
		}
		document.Text = text
		made, err := write(ctx, s, args, document)
		return s.showDocument(made, err)
	})
	flags := command.Flags()
	flags.StringVar(&file, "file", "-", "the file with the text, Markdown or plain; - is standard input")
	flags.StringVar(&document.Kind, "kind", "document", "document, or answer: a curated answer to its title and questions")
	flags.StringVar(&document.URL, "link", "", "where people can read it: the document's url")
	flags.StringArrayVar(&document.Questions, "question", nil, "what it is also asked as; give it several times")
	completeValues(command, "kind", "document", "answer")
	return command
}

// longestText is more than the server takes of a document.
const longestText = 4 << 20

func readText(command *cobra.Command, file string) (string, error) {
	from := command.InOrStdin()
	if file != "-" {
		opened, err := os.Open(file)
		if err != nil {
			return "", err
		}
		defer opened.Close()
		from = opened
	}
	text, err := io.ReadAll(io.LimitReader(from, longestText))
	return string(text), err
}

func (s *session) showDocument(d client.Document, err error) error {
	if err != nil {
		return err
	}
	s.show(func() {
		s.facts("Document", d.ID, "Kind", d.Kind, "Title", printable(d.Title), "Address", printable(d.URL), "Also asked as", printable(strings.Join(d.Questions, " | ")), "Changed", clock(d.UpdatedAt))
		s.line("\n%s", printableLines(d.Text))
	})
	return nil
}

func (p *program) searchKnowledgeCommand() *cobra.Command {
	var limit int
	command := p.calling("search QUESTION", "Show the passages that may answer a question, and how likely each does", cobra.ExactArgs(1),
		func(ctx context.Context, s *session, args []string) error {
			passages, err := s.SearchKnowledge(ctx, args[0], limit)
			if err != nil {
				return err
			}
			s.show(func() {
				var rows [][]string
				for _, passage := range passages.Data {
					rows = append(rows, []string{fmt.Sprintf("%.2f", passage.Score), passage.DocumentID, short(passage.Title, 30), short(passage.Text, 60)})
				}
				s.table([]string{"SCORE", "DOCUMENT", "TITLE", "PASSAGE"}, rows)
			})
			return nil
		})
	command.Flags().IntVar(&limit, "limit", 5, "how many passages at most, 1 to 20")
	return command
}
