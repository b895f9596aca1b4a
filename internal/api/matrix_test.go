package api

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/bot9/bot9/internal/bot9"
)

// permission is what the document says of who may call an operation.
type permission struct {
	method, path string
	Role         bot9.Role  `json:"x-role"`
	Session      bool       `json:"x-session"`
	Scope        bot9.Scope `json:"x-scope"`
	Visitor      string     `json:"x-visitor"`
}

func (p permission) String() string {
	who := "anybody"
	if p.Role != "" {
		who = string(p.Role)
	}
	if p.Visitor == byToken {
		who = "visitor"
	}
	if p.Visitor == bySession {
		who = "anybody on an allowed page"
	}
	if p.Session {
		who += ", in person"
	}
	if p.Scope != "" {
		who += ", key with " + string(p.Scope)
	}
	return fmt.Sprintf("%-7s%-66s%s", strings.ToUpper(p.method), p.path, who)
}

// permissions reads the table role x operation out of the document.
func permissions(t *testing.T, api *API) (all []permission) {
	t.Helper()
	encoded, err := json.Marshal(api.huma.OpenAPI())
	if err != nil {
		t.Fatal(err)
	}
	var document struct {
		Paths map[string]map[string]json.RawMessage
	}
	if err := json.Unmarshal(encoded, &document); err != nil {
		t.Fatal(err)
	}
	for _, path := range slices.Sorted(maps.Keys(document.Paths)) {
		for _, method := range slices.Sorted(maps.Keys(document.Paths[path])) {
			p := permission{method: method, path: path}
			if err := json.Unmarshal(document.Paths[path][method], &p); err != nil {
				t.Fatal(err)
			}
			all = append(all, p)
		}
	}
	return all
}

// The table is kept where a change of it shows in a review.
func TestPermissionsGolden(t *testing.T) {
	const file = "testdata/permissions.txt"
	api, err := New(newWorld().options())
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, p := range permissions(t, api) {
		lines = append(lines, p.String())
	}
	got := strings.Join(lines, "\n") + "\n"
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	kept, err := os.ReadFile(file)
	if err != nil || string(kept) != got {
		t.Errorf("%s is not what the code says (%v); run go test ./internal/api -update and look at the difference", file, err)
	}
}

var parameterOfPath = regexp.MustCompile(`\{[^}]*\}`)

// Every operation is called by everybody: nobody, a wrong key, another account's key and person, each role,
// a visitor of the widget, a key, and a key of each scope. Who may pass is what the table says, and nothing else.
func TestEveryOperationByEveryCaller(t *testing.T) {
	w := newWorld()
	for _, scope := range bot9.Scopes {
		limited := w.keys[key]
		limited.ID, limited.Scopes = bot9.KeyID(w.id()), []bot9.Scope{scope}
		w.keys["bot9_sk_"+string(scope)] = limited
	}
	api, err := New(w.options())
	if err != nil {
		t.Fatal(err)
	}
	callers := []string{"", visitorToken, expiredToken, "bot9_sk_wrong", "nobody's session", key, strangerKey, stranger, owner, admin, developer, viewer}
	for _, scope := range bot9.Scopes {
		callers = append(callers, "bot9_sk_"+string(scope))
	}
	ended, end := context.WithCancel(t.Context()) // so that streams don't wait
	end()
	cells := 0
	for _, p := range permissions(t, api) {
		ofChatbot := strings.Contains(p.path, "{chatbotId}")
		path := strings.ReplaceAll(p.path, "{chatbotId}", w.bot().String())
		path = parameterOfPath.ReplaceAllString(path, "nothing")
		for _, as := range callers {
			cells++
			q := request{as: as, header: map[string]string{"Sec-Fetch-Site": "same-origin"}, call: strings.ToUpper(p.method) + " " + path}
			rec := httptest.NewRecorder()
			api.ServeHTTP(rec, q.make(w).WithContext(ended))
			want := p.expected(as, ofChatbot)
			got := rec.Code
			if got != 401 && got != 403 && !(want == 404 && got == 404) {
				got = 200 // it passed: what comes then is another test's business
			}
			if got != want {
				t.Errorf("%s as %q: %d, want %d: %s", q.call, as, rec.Code, want, rec.Body)
			}
		}
	}
	t.Logf("%d cells", cells)
}

// expected is 200 for callers that may pass.
func (p permission) expected(as string, ofChatbot bool) int {
	isKey := strings.HasPrefix(as, "bot9_sk_")
	scope := bot9.Scope(strings.TrimPrefix(as, "bot9_sk_"))
	switch {
	case p.Visitor == byToken && as != visitorToken:
		return 401
	case p.Role == "":
		return 200
	case as == visitorToken || as == expiredToken || as == "" || as == "bot9_sk_wrong" || as == "nobody's session":
		return 401
	case ofChatbot && (as == strangerKey || as == stranger):
		return 404
	case isKey && p.Session:
		return 403
	case isKey && p.Scope != "" && slices.Contains(bot9.Scopes, scope) && scope != p.Scope:
		return 403
	case isKey && !bot9.Developer.AtLeast(p.Role):
		return 403
	case !isKey && as != stranger && !bot9.Role(as).AtLeast(p.Role):
		return 403
	}
	return 200
}
