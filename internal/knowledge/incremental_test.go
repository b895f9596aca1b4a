package knowledge_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/knowledge"
)

// manual is a document of about so many bytes, with words drawn from some thousand.
func manual(id bot9.DocumentID, size int, seed uint64) bot9.Document {
	random := rand.New(rand.NewPCG(uint64(id), seed))
	var text strings.Builder
	for text.Len() < size {
		fmt.Fprintf(&text, "## Section %d\n\n", random.IntN(1000))
		for range 60 {
			fmt.Fprintf(&text, "word%d ", random.IntN(5000))
		}
		text.WriteString("\n\n")
	}
	return bot9.Document{ID: id, Title: fmt.Sprintf("Manual %d", id), Text: text.String(), UpdatedAt: bot9.Time(seed)}
}

// edited returns the documents as if each had been saved again.
func edited(documents []bot9.Document, at int) []bot9.Document {
	documents = slices.Clone(documents)
	for i := range documents {
		documents[i].UpdatedAt = bot9.Time(at)
	}
	return documents
}

func manuals(n, size int) []bot9.Document {
	documents := make([]bot9.Document, n)
	for i := range documents {
		documents[i] = manual(bot9.DocumentID(i+1), size, 1)
	}
	return documents
}

func TestAnEditOfOneOfTwentyDocumentsIndexesOne(t *testing.T) {
	store := &shelves{}
	documents := manuals(20, 2_000)
	store.put(1, documents...)
	engine := knowledge.New(store)
	defer engine.Close()
	search := func(word string, want int) {
		t.Helper()
		if got, err := engine.Search(t.Context(), 1, word, 50); err != nil || len(got) != want {
			t.Fatalf("%s: %d passages, %v", word, len(got), err)
		}
	}
	search("zebra", 0)
	if len(store.texts) != 20 {
		t.Errorf("at first %v were read", store.texts)
	}
	for _, change := range []struct {
		text  string
		finds int
	}{{"A zebra.", 1}, {"", 0}} {
		store.texts = nil
		documents[6].Text = change.text
		documents[6].UpdatedAt++
		store.put(1, documents...)
		search("zebra", change.finds)
		if diff := cmp.Diff([]bot9.DocumentID{7}, store.texts); diff != "" {
			t.Errorf("changed to %q: %s", change.text, diff)
		}
	}
	store.texts = nil
	store.put(1, append(documents[1:], bot9.Document{ID: 21, Text: "A giraffe."})...)
	search("giraffe", 1)
	if diff := cmp.Diff([]bot9.DocumentID{21}, store.texts); diff != "" {
		t.Errorf("one removed, one added: %s", diff)
	}
}

// Whatever is edited in whatever order, the answers are those of an index made from the documents as they are.
func TestAnIndexKeptUpToDateRanksLikeAFreshOne(t *testing.T) {
	words := []string{"delivery", "deliveries", "refund", "card", "café", "cafe", "Zürich", "free", "\x00", "week", "?", "two:"}
	rapid.Check(t, func(t *rapid.T) {
		ctx := context.Background()
		store := &shelves{}
		engine := knowledge.New(store)
		defer engine.Close()
		text := rapid.Custom(func(t *rapid.T) string {
			parts := rapid.SliceOfN(rapid.SampledFrom(append(words, "\n\n", "\n# Abroad\n", "\n- ")), 0, 40).Draw(t, "parts")
			return strings.Join(parts, " ")
		})
		var documents []bot9.Document
		now, next := bot9.Time(1), bot9.DocumentID(1)
		for range rapid.IntRange(1, 12).Draw(t, "rounds") {
			for range rapid.IntRange(1, 4).Draw(t, "changes") {
				now++
				switch at := rapid.IntRange(-1, len(documents)-1).Draw(t, "document"); {
				case at < 0:
					title := rapid.SampledFrom(words).Draw(t, "title")
					documents = append(documents, bot9.Document{ID: next, Title: title, Text: text.Draw(t, "text"), UpdatedAt: now})
					next++
				case rapid.Bool().Draw(t, "removed"):
					documents = slices.Delete(slices.Clone(documents), at, at+1)
				default:
					documents = slices.Clone(documents)
					documents[at].Text, documents[at].UpdatedAt = text.Draw(t, "text"), now
				}
			}
			store.put(1, slices.Clone(documents)...)
			question := strings.Join(rapid.SliceOfN(rapid.SampledFrom(words), 1, 4).Draw(t, "question"), " ")
			got, err := engine.Search(ctx, 1, question, 50)
			if err != nil {
				t.Fatal(err)
			}
			fresh := knowledge.New(store)
			want, err := fresh.Search(ctx, 1, question, 50)
			fresh.Close()
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("%q: fresh (-), kept up to date (+):\n%s", question, diff)
			}
		}
	})
}

func TestIndexingHoldsUpNoOtherChatbot(t *testing.T) {
	store := &shelves{}
	for chatbot := range bot9.ChatbotID(4) {
		store.put(chatbot, shop...)
	}
	begun, finish := make(chan struct{}), make(chan struct{})
	store.reading = func(chatbot bot9.ChatbotID) {
		if chatbot == 0 {
			close(begun)
			<-finish
		}
	}
	engine := knowledge.New(store, knowledge.WithChatbots(2))
	defer engine.Close()
	done := make(chan error)
	go func() {
		got, err := engine.Search(t.Context(), 0, "delivery", 1)
		if err == nil && len(got) != 1 {
			err = fmt.Errorf("got %v", got)
		}
		done <- err
	}()
	<-begun
	impatient, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := engine.Search(impatient, 0, "delivery", 1); !errors.Is(err, context.Canceled) {
		t.Errorf("a caller who waits for the same chatbot and has gone away got %v", err)
	}
	for chatbot := range bot9.ChatbotID(3) { // the third pushes out the one that is being indexed
		if got, err := engine.Search(t.Context(), chatbot+1, "delivery", 1); err != nil || len(got) != 1 {
			t.Errorf("chatbot %d: %v, %v", chatbot+1, got, err)
		}
	}
	close(finish)
	if err := <-done; err != nil {
		t.Errorf("the one that was indexed: %v", err)
	}
}

func TestWhatWasIndexedBeforeACallerLeftStays(t *testing.T) {
	store := &shelves{}
	store.put(1, manuals(100, 300)...)
	engine := knowledge.New(store)
	defer engine.Close()
	ctx, cancel := context.WithCancel(t.Context())
	reads := 0
	store.reading = func(bot9.ChatbotID) {
		if reads++; reads == 3 {
			cancel()
		}
	}
	if _, err := engine.Search(ctx, 1, "word1", 1); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	store.texts = nil
	if got, err := engine.Search(t.Context(), 1, "section", 50); err != nil || len(got) != 50 {
		t.Fatalf("%d passages, %v", len(got), err)
	}
	if len(store.texts) != 36 {
		t.Errorf("the next caller had %d documents indexed, want the 36 that the first one left", len(store.texts))
	}
}

func TestOnlySoManyBytesStayInMemory(t *testing.T) {
	store := &shelves{}
	for chatbot := range bot9.ChatbotID(3) {
		store.put(chatbot, manuals(2, 20_000)...)
	}
	engine := knowledge.New(store, knowledge.WithBytes(2_400_000)) // two indexes of about 1 MB, the words of which are few
	defer engine.Close()
	for _, chatbot := range []bot9.ChatbotID{0, 1, 0, 2, 0} { // 2 pushes 1 out
		if _, err := engine.Search(t.Context(), chatbot, "section", 1); err != nil {
			t.Fatal(err)
		}
	}
	if store.reads != 3 {
		t.Errorf("read %d times, want 3", store.reads)
	}
	if _, err := engine.Search(t.Context(), 1, "section", 1); err != nil || store.reads != 4 {
		t.Errorf("what was pushed out must be read again: read %d times, %v", store.reads, err)
	}
}

// BenchmarkLarge searches 20 documents of 495 kB, all to be indexed first, or one of them after an edit.
func BenchmarkLarge(b *testing.B) {
	one := manuals(20, 495_000)
	other := slices.Clone(one)
	for i := range other {
		other[i].Text = manual(other[i].ID, 495_000, 2).Text
	}
	versions := [2][]bot9.Document{one, other}
	search := func(engine *knowledge.Engine) {
		if _, err := engine.Search(b.Context(), 1, "word1 word2", 3); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("all", func(b *testing.B) {
		store := &shelves{}
		store.put(1, versions[0]...)
		for b.Loop() {
			engine := knowledge.New(store)
			search(engine)
			engine.Close()
		}
	})
	b.Run("edit", func(b *testing.B) {
		store := &shelves{}
		documents := slices.Clone(versions[0])
		store.put(1, documents...)
		engine := knowledge.New(store)
		defer engine.Close()
		search(engine)
		edits := 0
		for b.Loop() {
			edits++
			at := edits % 20
			documents[at] = versions[edits/20%2][at]
			documents[at].UpdatedAt = bot9.Time(edits + 1)
			store.put(1, documents...)
			search(engine)
		}
	})
}
