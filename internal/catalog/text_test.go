package catalog

import "testing"

func TestBadText(t *testing.T) {
	for text, want := range map[string]int{
		``:                             -1,
		`{"a":"café"}`:                 -1,
		"{\"a\":\"caf\xe9\"}":          9,
		`{"a":"\ud83d\ude00"}`:         -1,
		`{"a":"\uD83D\uDE00 \uFFFD"}`:  -1,
		`{"a":"\ud83d"}`:               6,
		`{"a":"\ude00\ud83d"}`:         6,
		`{"a":"\ud83d\ud83d\ude00"}`:   6,
		`{"a":"\ud83dx\ude00"}`:        6,
		`{"a":"\\ud83d"}`:              -1, // a backslash, then letters
		`{"a":"\\\ud83d"}`:             8,
		`{"\ude00":1}`:                 2,
		`{"a":"\ud83d` + "\xff" + `"}`: 6,
		`"\ud83`:                       -1, // no JSON, which others say
		`\`:                            -1,
	} {
		if got := BadText([]byte(text)); got != want {
			t.Errorf("BadText(%q) = %d, want %d", text, got, want)
		}
	}
}

func BenchmarkParseObject(b *testing.B) {
	sample, _ := Lookup(MessageReceived)
	body := []byte(`{"event":"messageReceived","conversationId":"conv_38g4k4jvm0001","data":` + string(sample.Sample) + `}`)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseObject(body); err != nil {
			b.Fatal(err)
		}
	}
}
