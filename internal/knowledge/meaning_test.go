package knowledge_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/knowledge"
	"github.com/bot9/bot9/internal/meaning"
	"github.com/bot9/bot9/internal/meaning/model"
)

// encoder is the program's.
type encoder struct{ *meaning.Encoder }

func (encoder) Name() string { return "model" }

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

var loadModel = sync.OnceValue(func() *meaning.Encoder {
	file, size, ok := model.Open()
	if !ok {
		return nil
	}
	e, err := meaning.Load(file, size)
	if err != nil {
		panic(err)
	}
	return e
})

func theEncoder(t testing.TB) encoder {
	t.Helper()
	e := loadModel()
	if e == nil {
		t.Fatal("the model isn't there: run scripts/setup.sh model")
	}
	return encoder{e}
}

// encodeAll gives the store the vectors of all of the chatbot's documents.
func (s *shelves) encodeAll(t testing.TB, chatbot bot9.ChatbotID, e knowledge.Encoder) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.vectors = map[bot9.DocumentID]bot9.DocumentVectors{}
	for i := range s.documents[chatbot] {
		d := &s.documents[chatbot][i]
		made, err := e.Encode(t.Context(), knowledge.Texts(d))
		if err != nil {
			t.Fatal(err)
		}
		v := bot9.DocumentVectors{DocumentID: d.ID, UpdatedAt: d.UpdatedAt}
		for _, one := range made {
			v.Dimensions = len(one)
			for _, value := range knowledge.Quantize(one) {
				v.Vectors = append(v.Vectors, byte(value))
			}
		}
		s.vectors[d.ID] = v
	}
	s.version[chatbot]++
}

var hotel = []bot9.Document{
	{ID: 1, Title: "Haustiere", Text: "Hunde sind bei uns willkommen. Wir berechnen 12 Euro pro Tier und Nacht.", URL: "https://hotel.example/tiere"},
	{ID: 2, Title: "Frühstück", Text: "Das Frühstück wird von 7 bis 10 Uhr serviert und ist im Preis enthalten."},
	{ID: 3, Title: "Parken", Text: "In der Tiefgarage parken Gäste für 18 Euro am Tag."},
	{ID: 4, Title: "Stornierung", Text: "Eine Buchung kann bis drei Tage vor der Anreise kostenlos storniert werden.", Questions: []string{"Ich kann nicht kommen"}},
	{ID: 5, Title: "Schwimmbad", Text: "Das Schwimmbad ist täglich von 8 bis 21 Uhr geöffnet."},
	{ID: 6, Title: "Internet", Text: "WLAN ist im ganzen Haus kostenlos. Das Passwort steht auf der Karte im Zimmer."},
	{ID: 7, Title: "Flughafen", Text: "Wir bringen Sie für 40 Euro zum Flughafen. Bitte reservieren Sie am Vortag."},
}

func newHotel(t *testing.T) (*knowledge.Engine, *shelves) {
	t.Helper()
	store := &shelves{}
	store.put(1, hotel...)
	e := theEncoder(t)
	engine := knowledge.New(store, knowledge.WithEncoder(e))
	t.Cleanup(engine.Close)
	store.encodeAll(t, 1, e)
	return engine, store
}

func TestThreeOutcomes(t *testing.T) {
	engine, _ := newHotel(t)
	for question, want := range map[string]string{ // "=" answered by, "?" asks back about, "" no answer
		"May I bring my dog?":                  "=Haustiere",
		"Is breakfast included?":               "=Frühstück",
		"Kann ich meine Reservierung absagen?": "=Stornierung",
		"ich kann nicht kommen!":               "=Stornierung",
		"PARKEN":                               "=Parken",
		"Where is the plane?":                  "?Flughafen",
		"Who wrote Hamlet?":                    "",
		"Tell me a joke":                       "",
		"":                                     "",
	} {
		answer, err := engine.Answer(t.Context(), 1, question)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		switch {
		case answer.Found:
			got = "=" + answer.Sources[0].Title
		case len(answer.Suggestions) > 0:
			got = "?" + answer.Suggestions[0].Title
		}
		if got != want {
			t.Errorf("%q: %q, want %q (%+v)", question, got, want, answer)
		}
		if len(answer.Suggestions) > 3 || answer.Found && answer.Unsure() || answer.Found != (len(answer.Sources) == 1) {
			t.Errorf("%q: %+v", question, answer)
		}
	}
	answer, err := engine.Answer(t.Context(), 1, "Are dogs allowed?")
	if err != nil {
		t.Fatal(err)
	}
	want := []bot9.Source{{DocumentID: 1, Title: "Haustiere", URL: "https://hotel.example/tiere", Passage: hotel[0].Text, Score: answer.TopScore}}
	if diff := cmp.Diff(want, answer.Sources); diff != "" {
		t.Error(diff)
	}
}

func TestWordsAnswerUntilThereAreVectors(t *testing.T) {
	store := &shelves{}
	store.put(1, hotel...)
	e := theEncoder(t)
	engine := knowledge.New(store, knowledge.WithEncoder(e))
	defer engine.Close()
	found := func(question string) bool {
		t.Helper()
		answer, err := engine.Answer(t.Context(), 1, question)
		if err != nil {
			t.Fatal(err)
		}
		return answer.Found
	}
	if !found("Wann wird das Frühstück serviert?") || found("May I bring my dog?") {
		t.Error("without vectors, words answer, and nothing else does")
	}
	store.encodeAll(t, 1, e)
	if !found("Wann wird das Frühstück serviert?") || !found("May I bring my dog?") {
		t.Error("with vectors, both are answered")
	}
	// One is changed: it has no vectors any more, and the others do.
	changed := slices.Clone(hotel)
	changed[1].Text, changed[1].UpdatedAt = "Das Frühstück wird im Garten serviert.", 9
	store.put(1, changed...)
	if !found("Wo wird das Frühstück serviert?") || !found("May I bring my dog?") {
		t.Error("after a change")
	}
}

func TestCuratedAnswersGoBeforePassages(t *testing.T) {
	store := &shelves{}
	curated := bot9.Document{
		ID: 9, Kind: bot9.KindAnswer, Title: "Dogs", Text: "Yes, dogs may come.\n\nOnly not into the restaurant.",
		Questions: []string{"May I bring my dog?", "Are pets allowed?"},
	}
	store.put(1, append(slices.Clone(hotel), curated)...)
	e := theEncoder(t)
	store.encodeAll(t, 1, e)
	engine := knowledge.New(store, knowledge.WithEncoder(e))
	defer engine.Close()
	for _, question := range []string{"Can I take my dog along?", "may i bring my DOG", "Sind Hunde erlaubt?"} {
		answer, err := engine.Answer(t.Context(), 1, question)
		if err != nil || !answer.Found || answer.Text != curated.Text || answer.Passages[0].DocumentID != 9 {
			t.Errorf("%s: %+v, %v", question, answer, err)
		}
	}
}

func TestSectionsOfALongDocumentAreToldApart(t *testing.T) {
	var text strings.Builder
	for _, d := range shop {
		fmt.Fprintf(&text, "# %s\n\n%s\n\n", d.Title, strings.ReplaceAll(d.Text, "# ", "## "))
	}
	for _, d := range hotel {
		fmt.Fprintf(&text, "# %s\n\n%s\n\n", d.Title, d.Text)
	}
	store := &shelves{}
	store.put(1, bot9.Document{ID: 1, Title: "Everything", Text: text.String()})
	e := theEncoder(t)
	store.encodeAll(t, 1, e)
	engine := knowledge.New(store, knowledge.WithEncoder(e))
	defer engine.Close()
	answer, err := engine.Answer(t.Context(), 1, "May I bring my dog?")
	if err != nil || !answer.Found || !strings.Contains(answer.Text, "Hunde") {
		t.Errorf("%+v, %v", answer, err)
	}
	for _, question := range []string{"Who won the cup on Sunday?", "Do you sell hats?", "What is the capital of France?"} {
		if answer, err := engine.Answer(t.Context(), 1, question); err != nil || answer.Found {
			t.Errorf("%s: %+v, %v", question, answer, err)
		}
	}
}

// work is a WorkerStore in memory: accounts with as many documents each.
type work struct {
	mu      sync.Mutex
	waiting map[bot9.AccountID][]bot9.Document
	saved   []bot9.DocumentID
	turns   []bot9.AccountID
	dropped int
}

func (w *work) TakeUnencoded(_ context.Context, after bot9.AccountID) (bot9.AccountID, []bot9.Document, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, from := range []bot9.AccountID{after + 1, 1} {
		for account := from; account < 10; account++ {
			if documents := w.waiting[account]; len(documents) > 0 {
				taken := documents[:min(2, len(documents))]
				w.waiting[account] = documents[len(taken):]
				w.turns = append(w.turns, account)
				return account, taken, nil
			}
		}
	}
	return 0, nil, nil
}

func (w *work) ExtendEncoding(context.Context, []bot9.DocumentID) error { return nil }

func (w *work) SaveVectors(_ context.Context, _ bot9.ChatbotID, _ string, vectors []bot9.DocumentVectors) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, v := range vectors {
		w.saved = append(w.saved, v.DocumentID)
	}
	return nil
}

func (w *work) DropVectors(context.Context, string) (bool, error) {
	w.dropped++
	return w.dropped < 3, nil
}

// slow is an encoder that takes a tenth of a second for each text.
type slow struct{}

func (slow) Name() string          { return "slow" }
func (slow) Rarity(string) float64 { return 10 }
func (slow) Encode(_ context.Context, texts []string) ([][]float32, error) {
	time.Sleep(time.Duration(len(texts)) * 100 * time.Millisecond)
	return [][]float32{{1, -1, 0.5, 0}}, nil
}

func TestWorkerTakesTurnsAndGivesWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &work{waiting: map[bot9.AccountID][]bot9.Document{}}
		for i := range 12 {
			w.waiting[1] = append(w.waiting[1], bot9.Document{ID: bot9.DocumentID(i + 1), Title: "T", Text: "x"})
		}
		w.waiting[2] = []bot9.Document{{ID: 100, Title: "T", Text: "x"}}
		var busy atomic.Bool
		busy.Store(true)
		ctx, cancel := context.WithCancel(t.Context())
		worker := knowledge.Worker{Store: w, Encoder: slow{}, Busy: busy.Load, Log: slog.New(slog.DiscardHandler)}
		done := make(chan struct{})
		go func() { worker.Run(ctx); close(done) }()
		time.Sleep(10 * time.Second) // two texts a document, 0.1 s each, and four times as long for others
		synctest.Wait()
		w.mu.Lock()
		slowly := len(w.saved)
		w.mu.Unlock()
		if slowly < 8 || slowly > 10 {
			t.Errorf("while others were busy, %d documents were encoded in 10 s", slowly)
		}
		busy.Store(false)
		time.Sleep(2 * time.Second)
		synctest.Wait()
		cancel()
		<-done
		if len(w.saved) != 13 || w.dropped != 3 {
			t.Errorf("saved %v, dropped %d times", w.saved, w.dropped)
		}
		if diff := cmp.Diff([]bot9.AccountID{1, 2, 1, 1, 1, 1, 1}, w.turns); diff != "" {
			t.Error(diff)
		}
	})
}

// large is a chatbot of 10,000 passages, with random vectors.
func large(b testing.TB) *shelves {
	store := &shelves{vectors: map[bot9.DocumentID]bot9.DocumentVectors{}}
	random := rand.New(rand.NewPCG(1, 2))
	var documents []bot9.Document
	passages := 0
	for id := bot9.DocumentID(1); passages < 10_000; id++ {
		var text strings.Builder
		for range 10 {
			fmt.Fprintf(&text, "## Section about w%d\n\n", random.IntN(30_000))
			for text.Len()%800 < 780 {
				fmt.Fprintf(&text, "w%d the ", int(float64(30_000)*random.Float64()*random.Float64()*random.Float64()))
			}
			text.WriteString("\n\n")
		}
		d := bot9.Document{ID: id, Title: fmt.Sprintf("Document %d", id), Text: text.String(), UpdatedAt: 1}
		n := len(knowledge.Texts(&d))
		passages += (n - 1) / 2
		v := bot9.DocumentVectors{DocumentID: id, UpdatedAt: 1, Dimensions: 512, Vectors: make([]byte, 512*n)}
		for i := range v.Vectors {
			v.Vectors[i] = byte(int8(random.NormFloat64() * 40))
		}
		store.vectors[id] = v
		documents = append(documents, d)
	}
	store.put(1, documents...)
	return store
}

// BenchmarkOpen10000 opens a chatbot of 10,000 passages with their vectors, and tells the memory that it takes.
func BenchmarkOpen10000(b *testing.B) {
	store := large(b)
	e := theEncoder(b)
	var before, after runtime.MemStats
	for b.Loop() {
		engine := knowledge.New(store, knowledge.WithEncoder(e))
		engine.Warm()
		runtime.GC()
		runtime.ReadMemStats(&before)
		if _, err := engine.Search(b.Context(), 1, "w17", 3); err != nil {
			b.Fatal(err)
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		runtime.KeepAlive(engine)
		engine.Close()
	}
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/(1<<20), "MiB")
}

// BenchmarkQuestion10000 asks a chatbot of 10,000 passages, with typing errors and common words.
func BenchmarkQuestion10000(b *testing.B) {
	store := large(b)
	engine := knowledge.New(store, knowledge.WithEncoder(theEncoder(b)))
	engine.Warm()
	defer engine.Close()
	ask := func(i int) {
		if _, err := engine.Answer(b.Context(), 1, fmt.Sprintf("How do I get from w%d to sectoin w%d, please, and where is the documnt?", i%50, i)); err != nil {
			b.Fatal(err)
		}
	}
	ask(0)
	var took []time.Duration
	for i := 0; b.Loop(); i++ {
		began := time.Now()
		ask(i)
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
}

func TestPreviewTellsWhatThresholdsWouldHaveDone(t *testing.T) {
	engine, store := newHotel(t)
	// A curated answer goes before passages only where it is sure enough itself.
	store.put(1, append(slices.Clone(hotel), bot9.Document{ID: 9, Kind: bot9.KindAnswer, Title: "Rauchen", Text: "Nur auf dem Balkon."})...)
	store.encodeAll(t, 1, theEncoder(t))
	past := []bot9.PastQuestion{
		{Text: "May I bring my dog?", RatedDown: true, Source: 1},
		{Text: "may I bring my dog"}, // the same
		{Text: "Is breakfast included?", RatedDown: true, Source: 7},
		{Text: "Who wrote Hamlet?"},
	}
	got, err := engine.Preview(t.Context(), 1, past, 0.2)
	if err != nil || got.Questions != 3 || len(got.Levels) != 19 || len(got.Examples) != 3 {
		t.Fatalf("%+v, %v", got, err)
	}
	at := got.Levels[13]
	if at.Threshold != 0.7 || at.Answered != 2 || at.RatedDown != 1 || at.Suggested+at.NotFound != 1 {
		t.Errorf("at 0.7: %+v", at)
	}
	last := got.Levels[0].Answered
	for _, level := range got.Levels {
		if level.Answered > last || level.Answered+level.Suggested+level.NotFound != 3 {
			t.Errorf("%+v", level)
		}
		last = level.Answered
	}
	if got.Examples[0].Score < got.Examples[1].Score || got.Examples[2].Message != "Who wrote Hamlet?" {
		t.Errorf("%+v", got.Examples)
	}
}
