// Package subjects is what the answers of the built-in engine are measured by: documents of some subjects, and questions to them.
// The engine's numbers are fitted to some subjects only, and reported on the others.
package subjects

import (
	"embed"
	"fmt"
	"path"
	"strings"

	"github.com/bot9/bot9/internal/bot9"
)

// Uses of a subject.
const (
	Tuning    = "tuning"    // the engine's numbers are fitted to it
	Reporting = "reporting" // it is looked at only to report
)

// Kinds of questions.
const (
	Easy         = "easy"  // in the document's own words
	Paraphrase   = "para"  // in other words of the same language
	Typo         = "typo"  // with typing errors
	Cross        = "cross" // in another language
	Unanswerable = "no"    // no document answers it
)

// Subject is a chatbot's documents and questions to it.
type Subject struct {
	Name      string
	Use       string
	Documents []bot9.Document
	Questions []Question
}

// Question is one, with the title of the document that answers it.
type Question struct {
	Kind, Language, Title, Text string
}

//go:embed *.txt
var files embed.FS

// All reads the subjects. Each is a file of documents, as "# title", text, and "? also asked as", and after a line "---" of
// questions, as "kind language title | question".
func All() ([]Subject, error) {
	entries, err := files.ReadDir(".")
	if err != nil {
		return nil, err
	}
	var all []Subject
	for _, entry := range entries {
		text, err := files.ReadFile(entry.Name())
		if err != nil {
			return nil, err
		}
		s, err := parse(strings.TrimSuffix(path.Base(entry.Name()), ".txt"), string(text))
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, nil
}

func parse(name, text string) (Subject, error) {
	s := Subject{Name: name}
	titles := map[string]bool{"-": true}
	asking := false
	number := 0
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimRight(line, "\n")
		head, rest, _ := strings.Cut(line, " ")
		var d *bot9.Document
		if len(s.Documents) > 0 {
			d = &s.Documents[len(s.Documents)-1]
		}
		switch {
		case line == "":
		case line == "---":
			asking = true
		case asking:
			q, err := parseQuestion(line)
			if err != nil || !titles[q.Title] || (q.Title == "-") != (q.Kind == Unanswerable) {
				return s, fmt.Errorf("%s, line %d: %q is no question to one of the documents", name, number, line)
			}
			s.Questions = append(s.Questions, q)
		case head == "use":
			s.Use = rest
		case head == "#":
			titles[rest] = true
			s.Documents = append(s.Documents, bot9.Document{ID: bot9.DocumentID(len(s.Documents) + 1), Title: rest, UpdatedAt: 1})
		case head == "?":
			d.Questions = append(d.Questions, rest)
		default:
			d.Text += line + "\n"
		}
	}
	return s, nil
}

func parseQuestion(line string) (Question, error) {
	head, text, found := strings.Cut(line, " | ")
	parts := strings.SplitN(head, " ", 3)
	if !found || len(parts) != 3 {
		return Question{}, fmt.Errorf("%q is no question", line)
	}
	return Question{Kind: parts[0], Language: parts[1], Title: parts[2], Text: text}, nil
}
