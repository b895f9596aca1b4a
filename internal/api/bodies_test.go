package api

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

// TestLargeBodiesHaveABudget: small ones aren't counted, one caller leaves something to others, and whoever waits in
// vain is told.
func TestLargeBodiesHaveABudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBodies(16 << 20)
		take := func(who string, size int) (func(), error) {
			r := httptest.NewRequestWithContext(t.Context(), "POST", "/", strings.NewReader(strings.Repeat("x", size)))
			return b.take(r, who, 4<<20)
		}
		must := func(who string, size int) func() {
			t.Helper()
			give, err := take(who, size)
			if err != nil {
				t.Fatalf("%s: %v", who, err)
			}
			return give
		}
		first := must("a", 2<<20) // of which there are two copies
		second := must("a", 2<<20)
		if _, err := take("a", 2<<20); bot9.CodeOf(err) != codeBusy {
			t.Errorf("a third one of the same caller: %v", err)
		}
		other := must("b", 4<<20)
		for range 100 {
			defer must("a", 20<<10)()
		}
		if _, err := take("c", 1<<20); bot9.KindOf(err) != bot9.Unavailable {
			t.Errorf("more than there is: %v", err)
		}
		time.AfterFunc(time.Second, first)
		began := time.Now()
		third := must("c", 2<<20)
		if waited := time.Since(began); waited != time.Second {
			t.Errorf("it waits %v until there is room", waited)
		}
		for _, give := range []func(){second, other, third} {
			give()
		}
		if b.free != b.total || len(b.held) != 0 {
			t.Errorf("%d of %d are free, and %v remembered", b.free, b.total, b.held)
		}
		must("d", 4<<20)()
	})
}

// Every caller has a share of the memory of its own: visitors too, who are neither keys nor members.
func TestCallersHaveSharesOfTheirOwn(t *testing.T) {
	s := &server{Options: Options{ClientIP: func(*http.Request) string { return "192.0.2.7" }}}
	seen := map[string]string{}
	for name, c := range map[string]*caller{
		"one visitor": {Principal: bot9.VisitorPrincipal(&bot9.Visitor{Subject: bot9.Subject{1}})}, "another": {Principal: bot9.VisitorPrincipal(&bot9.Visitor{Subject: bot9.Subject{2}})},
		"a page": {Principal: bot9.Principal{Kind: bot9.ByNobody}}, "nobody": nil,
	} {
		seen[name] = s.sender(nil, c)
	}
	if seen["one visitor"] == seen["another"] || seen["a page"] != "192.0.2.7" || seen["nobody"] != "192.0.2.7" {
		t.Errorf("shares are by %v", seen)
	}
}
