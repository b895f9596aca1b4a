package knowledge_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/knowledge"
)

// shelves is a store of documents in memory that counts how often it is read.
type shelves struct {
	mu        sync.Mutex
	documents map[bot9.ChatbotID][]bot9.Document
	version   map[bot9.ChatbotID]int64
	vectors   map[bot9.DocumentID]bot9.DocumentVectors
	reads     int                  // calls of DocumentVersions
	texts     []bot9.DocumentID    // read
	reading   func(bot9.ChatbotID) // called before texts are read, if set
	err       error
}

func (s *shelves) put(chatbot bot9.ChatbotID, documents ...bot9.Document) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.documents == nil {
		s.documents, s.version = map[bot9.ChatbotID][]bot9.Document{}, map[bot9.ChatbotID]int64{}
	}
	s.documents[chatbot] = documents
	s.version[chatbot]++
}

func (s *shelves) KnowledgeVersion(_ context.Context, chatbot bot9.ChatbotID) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.version[chatbot], s.err
}

func (s *shelves) DocumentVersions(_ context.Context, chatbot bot9.ChatbotID, _ string) ([]bot9.DocumentVersion, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reads++
	var versions []bot9.DocumentVersion
	for _, d := range s.documents[chatbot] {
		v, encoded := s.vectors[d.ID]
		versions = append(versions, bot9.DocumentVersion{ID: d.ID, UpdatedAt: d.UpdatedAt, Encoded: encoded && v.UpdatedAt == d.UpdatedAt})
	}
	return versions, s.err
}

func (s *shelves) DocumentVectors(_ context.Context, _ bot9.ChatbotID, _ string, ids []bot9.DocumentID) ([]bot9.DocumentVectors, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []bot9.DocumentVectors
	for _, id := range ids {
		if v, ok := s.vectors[id]; ok {
			found = append(found, v)
		}
	}
	return found, s.err
}

func (s *shelves) DocumentsByID(_ context.Context, chatbot bot9.ChatbotID, ids []bot9.DocumentID) ([]bot9.Document, error) {
	if s.reading != nil {
		s.reading(chatbot)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []bot9.Document
	for _, d := range s.documents[chatbot] {
		if slices.Contains(ids, d.ID) {
			found = append(found, d)
			s.texts = append(s.texts, d.ID)
		}
	}
	return found, s.err
}

const shopBot bot9.ChatbotID = 1 << 40

var shop = []bot9.Document{
	{ID: 1, Title: "Delivery", Text: `# Delivery

## How long does it take?
Delivery takes **two to four** working days.

## What does it cost?
Delivery costs 4.90 €. From 50 € it is free.

## Abroad
We ship to all countries of the European Union; delivery takes a week there.`},
	{ID: 2, Title: "Returns and refunds", Text: `You can return what you don't like within 30 days.

The refund goes to the card that you paid with, at the latest five days after the parcel reached us.`},
	{ID: 3, Title: "Payment", Text: "We take these cards:\n\n- Visa\n- Mastercard\n\nYou can also pay with PayPal."},
	{ID: 4, Title: "Café", Text: "In our café in Zürich you can collect parcels. Öffnungszeiten: täglich 9 bis 18 Uhr."},
}

func newShop(t *testing.T, options ...knowledge.Option) (*knowledge.Engine, *shelves) {
	t.Helper()
	store := &shelves{}
	store.put(shopBot, shop...)
	engine := knowledge.New(store, options...)
	t.Cleanup(engine.Close)
	return engine, store
}

func TestAnswer(t *testing.T) {
	engine, _ := newShop(t)
	for question, want := range map[string]string{
		"How long does delivery take?":                      "Delivery takes two to four working days.",
		"how much does DELIVERY cost":                       "Delivery costs 4.90 €. From 50 € it is free.",
		"Do you ship to other European countries?":          "We ship to all countries of the European Union; delivery takes a week there.",
		"Can I return something?":                           "You can return what you don't like within 30 days.",
		"When do I get my refund?":                          "The refund goes to the card that you paid with, at the latest five days after the parcel reached us.",
		"which cards do you take":                           "We take these cards:\n\n- Visa\n- Mastercard",
		"Is there a cafe in Zurich?":                        "In our café in Zürich you can collect parcels. Öffnungszeiten: täglich 9 bis 18 Uhr.",
		"ÖFFNUNGSZEITEN?":                                   "In our café in Zürich you can collect parcels. Öffnungszeiten: täglich 9 bis 18 Uhr.",
		"Do you sell gift vouchers?":                        knowledge.NoAnswer,
		"Who won the football match in Berlin by delivery?": knowledge.NoAnswer,
		"how are you?":                                      knowledge.NoAnswer,
		"":                                                  knowledge.NoAnswer,
	} {
		t.Run(question, func(t *testing.T) {
			answer, err := engine.Answer(t.Context(), shopBot, question)
			if err != nil {
				t.Fatal(err)
			}
			if answer.Text != want || answer.Found != (want != knowledge.NoAnswer) {
				t.Errorf("got %+v\nwant %q", answer, want)
			}
		})
	}
}

func TestScoreGrowsWithTheShareOfTheQuestionThatIsCovered(t *testing.T) {
	store := &shelves{}
	store.put(1, bot9.Document{ID: 1, Text: "apples pears\n\napples plums\n\napples cherries"})
	engine := knowledge.New(store)
	defer engine.Close()
	got, err := engine.Search(t.Context(), 1, "apples pears bananas", 10)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 3 || got[0].Score < 2*got[1].Score || got[1].Score != got[2].Score {
		t.Fatalf("got %+v", got)
	}
	if diff := cmp.Diff([]string{"apples", "pears"}, got[0].Matched); diff != "" {
		t.Error(diff)
	}
	if got[0].Text != "apples pears" || got[0].Rank <= got[1].Rank {
		t.Errorf("got %+v", got)
	}
}

func TestEqualScoresAreRankedByBM25(t *testing.T) {
	store := &shelves{}
	store.put(1, bot9.Document{ID: 1, Text: "parking in the big old house behind the market hall\n\nparking, parking\n\nnothing"})
	engine := knowledge.New(store)
	defer engine.Close()
	got, err := engine.Search(t.Context(), 1, "parking", 10)
	if err != nil || len(got) != 2 || got[0].Score != got[1].Score {
		t.Fatalf("got %+v, %v", got, err)
	}
	if got[0].Text != "parking, parking" || got[0].Rank <= got[1].Rank {
		t.Errorf("the passage that says it twice in few words doesn't come first: %+v", got)
	}
}

func TestThreshold(t *testing.T) {
	const question = "delivery by zeppelin" // half of it is known, and that to several passages
	for threshold, want := range map[float64]bool{0: true, 0.1: true, 0.45: false, 1: false} {
		engine, _ := newShop(t, knowledge.WithCuts(knowledge.Cuts{Answer: threshold, Suggest: 1}))
		answer, err := engine.Answer(t.Context(), shopBot, question)
		if err != nil || answer.Found != want {
			t.Errorf("threshold %v: %+v, %v", threshold, answer, err)
		}
		if answer.TopScore <= 0.1 || answer.TopScore >= 0.45 || len(answer.Passages) == 0 {
			t.Errorf("threshold %v: the passages and the top score are told whether found or not: %+v", threshold, answer)
		}
	}
}

func TestHostileQuestionsAreOnlyWords(t *testing.T) {
	engine, _ := newShop(t)
	for _, question := range []string{
		`"`, `""`, `" OR "`, `'; DROP TABLE passages; --`, `title:delivery`, `NEAR(delivery takes, 1)`, `deliv*`, `^delivery`,
		`delivery AND NOT takes`, `{title heading}: x`, `-delivery`, `(((`, `\`, `a"b`, "\x00", "delivery\x00takes", "\xff\xfe",
		"😀", "😀 delivery 👩‍👩‍👧", "\u0301", "𞤀𞤁", "ﷺ", "٣", "½", "\ue000", "()", "delivery OR", "+", "AND", "NEAR", "OR OR OR",
		strings.Repeat("x", 10_000), strings.Repeat(`" OR `, 2_000), manyWords(5_000), strings.Repeat("delivery ", 2_000),
	} {
		passages, err := engine.Search(t.Context(), shopBot, question, 5)
		if err != nil {
			t.Errorf("%.40q: %v", question, err)
		}
		for _, passage := range passages {
			if passage.Score < 0 || passage.Score > 1 || len(passage.Matched) == 0 {
				t.Errorf("%.40q: %+v", question, passage)
			}
		}
	}
	if got, err := engine.Search(t.Context(), shopBot, "deliv*", 5); err != nil || len(got) != 0 {
		t.Errorf("a prefix search got through: %+v, %v", got, err)
	}
	if got, err := engine.Search(t.Context(), shopBot, "Delivery", 5); err != nil || len(got) == 0 {
		t.Errorf("afterwards: %+v, %v", got, err)
	}
}

func manyWords(n int) string {
	var words strings.Builder
	for i := range n {
		fmt.Fprintf(&words, "word%d ", i)
	}
	return words.String()
}

func TestLimit(t *testing.T) {
	store := &shelves{}
	store.put(1, bot9.Document{ID: 1, Text: strings.Repeat("parking\n\n", 80)})
	engine := knowledge.New(store)
	defer engine.Close()
	for limit, want := range map[int]int{-1: 1, 0: 1, 7: 7, 1000: 50} {
		if got, err := engine.Search(t.Context(), 1, "parking", limit); err != nil || len(got) != want {
			t.Errorf("limit %d: %d passages, %v", limit, len(got), err)
		}
	}
}

func TestChangedKnowledgeIsIndexedAnewAndOnlyThen(t *testing.T) {
	engine, store := newShop(t)
	ask := func(want bool) {
		t.Helper()
		answer, err := engine.Answer(t.Context(), shopBot, "gift vouchers")
		if err != nil || answer.Found != want {
			t.Fatalf("found = %v, %v", answer.Found, err)
		}
	}
	ask(false)
	ask(false)
	if store.reads != 1 {
		t.Errorf("unchanged knowledge was read %d times", store.reads)
	}
	store.put(shopBot, append(shop, bot9.Document{ID: 9, Title: "Gift vouchers", Text: "At the till."})...)
	ask(true)
	ask(true)
	store.put(shopBot)
	ask(false)
	if store.reads != 3 {
		t.Errorf("read %d times, want one for each change", store.reads)
	}
}

func TestChatbotsDoNotSeeEachOther(t *testing.T) {
	engine, store := newShop(t)
	store.put(2, bot9.Document{ID: 20, Title: "Pizza", Text: "Our pizza delivery is quick."})
	for chatbot, want := range map[bot9.ChatbotID]bot9.DocumentID{shopBot: 1, 2: 20} {
		got, err := engine.Search(t.Context(), chatbot, "delivery", 10)
		if err != nil || len(got) == 0 {
			t.Fatalf("%v, %v", got, err)
		}
		for _, passage := range got {
			if passage.DocumentID != want {
				t.Errorf("chatbot %d got %+v", chatbot, passage)
			}
		}
	}
	if got, err := engine.Search(t.Context(), 3, "delivery", 10); err != nil || got == nil || len(got) != 0 {
		t.Errorf("a chatbot without knowledge got %+v, %v", got, err)
	}
}

func TestOnlySoManyChatbotsStayInMemory(t *testing.T) {
	engine, store := newShop(t, knowledge.WithChatbots(2))
	store.put(2, shop...)
	store.put(3, shop...)
	for _, chatbot := range []bot9.ChatbotID{shopBot, 2, shopBot, 3, shopBot} { // 3 pushes 2 out
		if got, err := engine.Search(t.Context(), chatbot, "delivery", 1); err != nil || len(got) != 1 {
			t.Fatalf("%v, %v", got, err)
		}
	}
	if store.reads != 3 {
		t.Errorf("read %d times, want 3", store.reads)
	}
	if _, err := engine.Search(t.Context(), 2, "delivery", 1); err != nil || store.reads != 4 {
		t.Errorf("what was pushed out must be read again: read %d times, %v", store.reads, err)
	}
}

func TestErrors(t *testing.T) {
	engine, store := newShop(t)
	store.err = errors.New("the disk is gone")
	if _, err := engine.Answer(t.Context(), shopBot, "delivery"); !errors.Is(err, store.err) {
		t.Errorf("got %v", err)
	}
	store.err = nil
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for _, state := range []string{"not indexed yet", "indexed"} {
		if _, err := engine.Search(gone, shopBot, "delivery", 1); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: a caller who has gone away got %v", state, err)
		}
		if _, err := engine.Search(t.Context(), shopBot, "delivery", 1); err != nil {
			t.Errorf("%s: the next caller got %v", state, err)
		}
	}
	if got, err := engine.Search(t.Context(), shopBot, "delivery", 1); err != nil || len(got) != 1 {
		t.Errorf("afterwards: %v, %v", got, err)
	}
}

func TestManyAtOnce(t *testing.T) {
	engine, store := newShop(t, knowledge.WithChatbots(2))
	for chatbot := range bot9.ChatbotID(4) {
		store.put(chatbot, shop...)
	}
	var group sync.WaitGroup
	for worker := range 8 {
		group.Go(func() {
			for i := range 20 {
				chatbot := bot9.ChatbotID((worker + i) % 4)
				if i%7 == 0 {
					store.put(chatbot, edited(shop, worker*20+i+1)...)
				}
				if answer, err := engine.Answer(t.Context(), chatbot, "How long does delivery take?"); err != nil || !answer.Found {
					t.Errorf("%+v, %v", answer, err)
				}
			}
			if worker == 0 {
				engine.Close()
			}
		})
	}
	group.Wait()
}

func BenchmarkAnswer(b *testing.B) {
	store := &shelves{}
	store.put(shopBot, shop...)
	engine := knowledge.New(store)
	defer engine.Close()
	b.ReportAllocs()
	for b.Loop() {
		if answer, err := engine.Answer(b.Context(), shopBot, "How long does delivery take?"); err != nil || !answer.Found {
			b.Fatal(answer, err)
		}
	}
}

func BenchmarkBuild(b *testing.B) {
	store := &shelves{}
	engine := knowledge.New(store)
	defer engine.Close()
	for at := 1; b.Loop(); at++ {
		store.put(shopBot, edited(shop, at)...)
		if _, err := engine.Search(b.Context(), shopBot, "delivery", 1); err != nil {
			b.Fatal(err)
		}
	}
}
