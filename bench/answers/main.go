// Command answers measures how well the built-in engine answers: it asks each subject's questions as a chatbot with its documents
// would be asked, and prints what became of them. What counts are the subjects that nothing was fitted to.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/bot9/bot9/bench/answers/subjects"
	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/knowledge"
	"github.com/bot9/bot9/internal/meaning"
	"github.com/bot9/bot9/internal/meaning/model"
)

func main() {
	if err := run(context.Background()); err != nil {
		log.Fatal("answers: ", err)
	}
}

func run(ctx context.Context) error {
	all, err := subjects.All()
	if err != nil {
		return err
	}
	file, size, ok := model.Open()
	if !ok {
		return fmt.Errorf("the model of meaning isn't there: run scripts/setup.sh model")
	}
	loaded, err := meaning.Load(file, size)
	if err != nil {
		return err
	}
	fmt.Printf("Answers of the built-in engine, threshold %v, suggestions from %v. Hard: in other words, with typing errors, in another language.\n\n",
		bot9.DefaultThreshold, bot9.DefaultSuggestThreshold)
	for _, variant := range []struct {
		name    string
		encoder knowledge.Encoder
		asked   bool
	}{
		{"by meaning, two phrasings a document", encoder{loaded}, true},
		{"by meaning, no phrasings", encoder{loaded}, false},
		{"by words only, two phrasings a document", nil, true},
	} {
		fmt.Println(variant.name)
		if err := measure(ctx, all, variant.encoder, variant.asked); err != nil {
			return err
		}
	}
	return nil
}

// score is what became of a subject's questions.
type score struct {
	hard, right, helped, wrong            int
	easy, easyRight                       int
	unanswerable, answered, suggestedNone int
	took                                  []time.Duration
}

func (s *score) add(o *score) {
	s.hard, s.right, s.helped, s.wrong = s.hard+o.hard, s.right+o.right, s.helped+o.helped, s.wrong+o.wrong
	s.easy, s.easyRight = s.easy+o.easy, s.easyRight+o.easyRight
	s.unanswerable, s.answered, s.suggestedNone = s.unanswerable+o.unanswerable, s.answered+o.answered, s.suggestedNone+o.suggestedNone
	s.took = append(s.took, o.took...)
}

func measure(ctx context.Context, all []subjects.Subject, e knowledge.Encoder, asked bool) error {
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "subject\tuse\thard\tright\thelped\twrong\teasy right\tunanswerable\tanswered\tasked back\tms (p99)\t")
	sums := map[string]*score{subjects.Tuning: {}, subjects.Reporting: {}}
	for _, s := range all {
		result, err := ask(ctx, &s, e, asked)
		if err != nil {
			return err
		}
		sums[s.Use].add(result)
		result.print(table, s.Name, s.Use)
	}
	for _, use := range []string{subjects.Tuning, subjects.Reporting} {
		sums[use].print(table, "all", use)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	fmt.Println()
	return nil
}

func (s *score) print(table *tabwriter.Writer, name, use string) {
	slices.Sort(s.took)
	share := func(n, of int) string { return fmt.Sprintf("%d (%.0f %%)", n, 100*float64(n)/float64(max(of, 1))) }
	fmt.Fprintf(table, "%s\t%s\t%d\t%s\t%s\t%s\t%d of %d\t%d\t%s\t%d\t%.1f\t\n", name, use, s.hard, share(s.right, s.hard), share(s.helped, s.hard),
		share(s.wrong, s.hard), s.easyRight, s.easy, s.unanswerable, share(s.answered, s.unanswerable), s.suggestedNone,
		float64(s.took[len(s.took)*99/100].Microseconds())/1000)
}

func ask(ctx context.Context, s *subjects.Subject, e knowledge.Encoder, asked bool) (*score, error) {
	store := &memory{vectors: map[bot9.DocumentID]bot9.DocumentVectors{}}
	for _, d := range s.Documents {
		if !asked {
			d.Questions = nil
		}
		store.documents = append(store.documents, d)
	}
	options := []knowledge.Option{}
	if e != nil {
		if err := store.encode(ctx, e); err != nil {
			return nil, err
		}
		options = append(options, knowledge.WithEncoder(e))
	}
	engine := knowledge.New(store, options...)
	defer engine.Close()
	engine.Warm()
	result := &score{}
	for _, q := range s.Questions {
		began := time.Now()
		answer, err := engine.Answer(ctx, 1, q.Text)
		if err != nil {
			return nil, err
		}
		result.took = append(result.took, time.Since(began))
		result.count(&q, &answer)
	}
	return result, nil
}

func (s *score) count(q *subjects.Question, a *bot9.Answer) {
	isRight := a.Found && a.Sources[0].Title == q.Title
	suggested := slices.ContainsFunc(a.Suggestions, func(one bot9.Suggestion) bool { return one.Title == q.Title })
	switch {
	case q.Kind == subjects.Unanswerable:
		s.unanswerable++
		s.answered += number(a.Found)
		s.suggestedNone += number(a.Unsure())
	case q.Kind == subjects.Easy:
		s.easy++
		s.easyRight += number(isRight)
	default:
		s.hard++
		s.right += number(isRight)
		s.helped += number(isRight || suggested)
		s.wrong += number(a.Found && !isRight)
	}
}

func number(is bool) int {
	if is {
		return 1
	}
	return 0
}

// encoder is the program's own.
type encoder struct{ *meaning.Encoder }

func (encoder) Name() string { return model.Name }

func (e encoder) Encode(_ context.Context, texts []string) ([][]float32, error) {
	vectors := make([][]float32, len(texts))
	for i, text := range texts {
		v, err := e.Encoder.Encode(text)
		if err != nil {
			return nil, err
		}
		vectors[i] = v[:]
	}
	return vectors, nil
}

// memory is a store of one chatbot's documents.
type memory struct {
	documents []bot9.Document
	vectors   map[bot9.DocumentID]bot9.DocumentVectors
}

func (m *memory) encode(ctx context.Context, e knowledge.Encoder) error {
	for i := range m.documents {
		d := &m.documents[i]
		made, err := e.Encode(ctx, knowledge.Texts(d))
		if err != nil {
			return err
		}
		v := bot9.DocumentVectors{DocumentID: d.ID, UpdatedAt: d.UpdatedAt}
		for _, one := range made {
			v.Dimensions = len(one)
			for _, value := range knowledge.Quantize(one) {
				v.Vectors = append(v.Vectors, byte(value))
			}
		}
		m.vectors[d.ID] = v
	}
	return nil
}

func (m *memory) KnowledgeVersion(context.Context, bot9.ChatbotID) (int64, error) { return 1, nil }

func (m *memory) DocumentVersions(context.Context, bot9.ChatbotID, string) ([]bot9.DocumentVersion, error) {
	var all []bot9.DocumentVersion
	for _, d := range m.documents {
		_, encoded := m.vectors[d.ID]
		all = append(all, bot9.DocumentVersion{ID: d.ID, UpdatedAt: d.UpdatedAt, Encoded: encoded})
	}
	return all, nil
}

func (m *memory) DocumentsByID(_ context.Context, _ bot9.ChatbotID, ids []bot9.DocumentID) (found []bot9.Document, _ error) {
	for _, d := range m.documents {
		if slices.Contains(ids, d.ID) {
			found = append(found, d)
		}
	}
	return found, nil
}

func (m *memory) DocumentVectors(_ context.Context, _ bot9.ChatbotID, _ string, ids []bot9.DocumentID) (found []bot9.DocumentVectors, _ error) {
	for _, id := range ids {
		if v, ok := m.vectors[id]; ok {
			found = append(found, v)
		}
	}
	return found, nil
}
