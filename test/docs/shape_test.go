package docs

import (
	"encoding/json"
	"fmt"
	"regexp"
	"sort"
	"strings"
	"testing"
)

// compare tells how what was printed differs from what a page shows, as the package's documentation
// has it.
func compare(language, shown, printed string) error {
	if language != "json" {
		return compareText(strings.TrimSpace(shown), printed)
	}
	want, err := decode(shown)
	if err != nil {
		return fmt.Errorf("the page shows no valid JSON: %w", err)
	}
	got, err := decode(printed)
	if err != nil {
		return fmt.Errorf("no JSON was printed (%w):\n%s", err, printed)
	}
	if err := compareValue("", want, got); err != nil {
		return fmt.Errorf("%w in\n%s", err, printed)
	}
	return nil
}

func decode(text string) (value any, err error) {
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	return value, decoder.Decode(&value)
}

func compareText(shown, printed string) error {
	parts := strings.Split(shown, "…")
	for i := range parts {
		parts[i] = regexp.QuoteMeta(parts[i])
	}
	if regexp.MustCompile(`(?s)^` + strings.Join(parts, ".*") + `$`).MatchString(strings.TrimSpace(printed)) {
		return nil
	}
	return fmt.Errorf("printed:\n%s\nbut the page shows:\n%s", printed, shown)
}

func compareValue(at string, want, got any) error {
	switch want := want.(type) {
	case map[string]any:
		have, ok := got.(map[string]any)
		if !ok {
			return fmt.Errorf("%s is no object", at)
		}
		names := make([]string, 0, len(want))
		for name := range want {
			names = append(names, name)
		}
		sort.Strings(names)
		for _, name := range names {
			value, ok := have[name]
			if !ok {
				return fmt.Errorf("%s.%s is missing", at, name)
			}
			if err := compareValue(at+"."+name, want[name], value); err != nil {
				return err
			}
		}
		return nil
	case []any:
		have, ok := got.([]any)
		if !ok || len(have) < len(want) || len(want) == 0 && len(have) > 0 {
			return fmt.Errorf("%s has %d items, where the page shows %d", at, len(have), len(want))
		}
		for i := range want {
			if err := compareValue(fmt.Sprintf("%s[%d]", at, i), want[i], have[i]); err != nil {
				return err
			}
		}
		return nil
	case json.Number:
		if _, ok := got.(json.Number); ok && strings.Contains(want.String(), ".") {
			return nil
		}
	case string:
		if text, ok := got.(string); ok && strings.Contains(want, "…") && compareText(want, text) == nil {
			return nil
		}
	}
	if want != got {
		return fmt.Errorf("%s is %v, where the page shows %v", at, got, want)
	}
	return nil
}

func TestCompare(t *testing.T) {
	for _, test := range []struct {
		language, shown, printed string
		same                     bool
	}{
		{"text", "a … c", "a b c", true},
		{"text", "a … c", "a b d", false},
		{"text", "a", "a\nb", false},
		{"json", `{"a":1}`, `{"a":1,"b":2}`, true},
		{"json", `{"a":1}`, `{"a":2}`, false},
		{"json", `{"a":1.5}`, `{"a":2}`, true},
		{"json", `{"a":"evt_…"}`, `{"a":"evt_1"}`, true},
		{"json", `{"a":"evt_…"}`, `{"a":"dlv_1"}`, false},
		{"json", `{"a":[]}`, `{"a":[1]}`, false},
		{"json", `{"a":[{"b":true}]}`, `{"a":[{"b":false}]}`, false},
		{"json", `{"a":null}`, `{}`, false},
	} {
		if err := compare(test.language, test.shown, test.printed); (err == nil) != test.same {
			t.Errorf("%s shown, %s printed: %v", test.shown, test.printed, err)
		}
	}
}
