package api

import (
	"testing"

	"github.com/bot9/bot9/internal/bot9"
)

func TestStreamsOfOneCallerAreBounded(t *testing.T) {
	var p places
	first, err := p.enter("a", 2)
	if err != nil {
		t.Fatal(err)
	}
	second, err := p.enter("a", 2)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.enter("a", 2); bot9.CodeOf(err) != codeQuotaExceeded {
		t.Errorf("a third one: %v", err)
	}
	if _, err := p.enter("b", 2); err != nil {
		t.Errorf("somebody else's: %v", err)
	}
	first()
	if _, err := p.enter("a", 2); err != nil {
		t.Errorf("after one has ended: %v", err)
	}
	second()
	if _, err := p.enter("c", 0); err != nil {
		t.Errorf("without a limit: %v", err)
	}
}

func TestQuotaExceededTellsOfWhat(t *testing.T) {
	w := newWorld()
	w.failWith = bot9.QuotaExceeded("webhooks", 1000)
	run(t, w, []request{{
		name: "one webhook too many", as: key, call: "POST /api/{bot}/webhooks", body: `{"url":"https://example.com/hook","events":["*"]}`, status: 422,
		want: []string{`"code":"quotaExceeded"`, `"quota":"webhooks"`, `"limit":1000`},
	}})
}
