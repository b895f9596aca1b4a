package meaning_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"math"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/bot9/bot9/internal/meaning"
	"github.com/bot9/bot9/internal/meaning/model"
)

// load returns the encoder that the program has. The tests need the model: without it they would prove nothing.
func load(t testing.TB) *meaning.Encoder {
	t.Helper()
	file, size, ok := model.Open()
	if !ok {
		t.Fatal("the model isn't there: run scripts/setup.sh model")
	}
	encoder, err := meaning.Load(file, size)
	if err != nil {
		t.Fatal(err)
	}
	return encoder
}

// The golden tokens and vectors are those of the Python package that publishes the weights.
func TestTokensAndVectorsAreThoseOfThePublishedPackage(t *testing.T) {
	encoder := load(t)
	encoded, err := os.ReadFile("testdata/golden.json")
	if err != nil {
		t.Fatal(err)
	}
	var golden []struct {
		Text   string
		Tokens []uint32
		Vector string
	}
	if err := json.Unmarshal(encoded, &golden); err != nil {
		t.Fatal(err)
	}
	if len(golden) < 10 {
		t.Fatalf("only %d texts", len(golden))
	}
	for _, g := range golden {
		if got := encoder.Tokens(g.Text); !slices.Equal(got, g.Tokens) {
			t.Errorf("%q: tokens %v, want %v", g.Text, got, g.Tokens)
		}
		want, err := base64.StdEncoding.DecodeString(g.Vector)
		if err != nil {
			t.Fatal(err)
		}
		got, err := encoder.Encode(g.Text)
		if err != nil {
			t.Fatal(err)
		}
		cosine, length := 0.0, 0.0
		for i, v := range got {
			cosine += float64(v) * float64(math.Float32frombits(binary.LittleEndian.Uint32(want[4*i:])))
			length += float64(v) * float64(v)
		}
		if cosine < 0.999 || math.Abs(length-1) > 1e-4 {
			t.Errorf("%.40q: cosine %v, length %v", g.Text, cosine, length)
		}
	}
}

func TestMeaningCrossesLanguages(t *testing.T) {
	encoder := load(t)
	vector := func(text string) meaning.Vector {
		v, err := encoder.Encode(text)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	dog, shipping := vector("May I bring my dog?"), vector("How much is delivery?")
	for _, same := range []string{"Sind Hunde erlaubt?", "犬を連れて行けますか？", "Можно с собакой?"} {
		v := vector(same)
		if near, far := dot(&dog, &v), dot(&shipping, &v); near < far+0.15 {
			t.Errorf("%s: %v to the dog, %v to delivery", same, near, far)
		}
	}
}

func dot(a, b *meaning.Vector) (sum float32) {
	for i, v := range a {
		sum += v * b[i]
	}
	return sum
}

func TestAnyTextHasAMeaning(t *testing.T) {
	encoder := load(t)
	for _, text := range []string{"\xff\xfe", "\x00", strings.Repeat("é", 100_000), "\u0301", "𞤀𞤁", "ﷺ", "▁▁", strings.Repeat("a ", 50_000)} {
		v, err := encoder.Encode(text)
		if err != nil || math.Abs(float64(dot(&v, &v))-1) > 1e-3 {
			t.Errorf("%.20q: %v, length %v", text, err, dot(&v, &v))
		}
		if n := len(encoder.Tokens(text)); n > meaning.MaxTokens {
			t.Errorf("%.20q: %d tokens", text, n)
		}
	}
	if common, rare := encoder.Rarity("delivery"), encoder.Rarity("delviery"); common >= rare {
		t.Errorf("delivery %v, delviery %v", common, rare)
	}
}

func TestManyEncodeAtOnce(t *testing.T) {
	encoder := load(t)
	texts := []string{"One", "Two words", "Where is my parcel right now, please?"}
	var want []meaning.Vector
	for _, text := range texts {
		v, _ := encoder.Encode(text)
		want = append(want, v)
	}
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for i := range 30 {
				if got, err := encoder.Encode(texts[i%3]); err != nil || got != want[i%3] {
					t.Errorf("%s: another vector, %v", texts[i%3], err)
				}
			}
		})
	}
	group.Wait()
}

func TestDamagedFilesAreRefused(t *testing.T) {
	file, size, ok := model.Open()
	if !ok {
		t.Fatal("the model isn't there: run scripts/setup.sh model")
	}
	whole := make([]byte, size)
	if _, err := file.ReadAt(whole, 0); err != nil {
		t.Fatal(err)
	}
	damaged := slices.Clone(whole)
	for i := 10; i < 106; i++ { // the lengths of the sections
		damaged[i] ^= 0x15
	}
	for name, file := range map[string][]byte{
		"empty": nil, "of something else": []byte(strings.Repeat("something else ", 100)), "cut": whole[:len(whole)-1], "damaged": damaged,
	} {
		if _, err := meaning.Load(bytes.NewReader(file), int64(len(file))); err == nil {
			t.Errorf("%s: it was taken", name)
		}
	}
}

func BenchmarkQuestion(b *testing.B) {
	encoder := load(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := encoder.Encode("My soles fell off after a year, who fixes it?"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPassage(b *testing.B) {
	encoder := load(b)
	passage := strings.Repeat("Shipping to Belgium costs 6 euro and takes two working days. ", 13)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := encoder.Encode(passage); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		load(b)
	}
}
