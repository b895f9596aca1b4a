package knowledge

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/bot9/bot9/internal/bot9"
)

func TestSplit(t *testing.T) {
	type part struct{ Heading, Text string }
	for name, test := range map[string]struct {
		text string
		want []part
	}{
		"nothing": {" \n\n ", nil},
		"plain text by paragraphs": {
			"We are open daily.\r\n\r\nParking is free\r\nfor two hours.",
			[]part{{"", "We are open daily."}, {"", "Parking is free\nfor two hours."}},
		},
		"a question stays with its answer": {
			"How long does delivery take?\n\nTwo days.\n\nDo you ship abroad?\n\nYes.",
			[]part{{"", "How long does delivery take?\n\nTwo days."}, {"", "Do you ship abroad?\n\nYes."}},
		},
		"a list stays with what introduces it": {
			"We take these cards:\n\n- Visa\n- Mastercard\n\nCash is fine too.",
			[]part{{"", "We take these cards:\n\n- Visa\n- Mastercard"}, {"", "Cash is fine too."}},
		},
		"a section stays together, under its path of headings": {
			"# Shop\nWelcome.\n\n## Delivery ##\nTwo days.\n\nFree from 50 €.\n### Abroad\nA week.\n## Returns\n30 days.",
			[]part{
				{"", "Welcome."},
				{"Delivery", "Two days.\n\nFree from 50 €."},
				{"Delivery › Abroad", "A week."},
				{"Returns", "30 days."},
			},
		},
		"underlined headings and rulers": {
			"Delivery\n========\nTwo days.\n\n***\n\nAbroad\n---\nA week.\n\n---\n\nSee you.",
			[]part{{"Delivery", "Two days."}, {"Delivery › Abroad", "A week.\n\nSee you."}},
		},
		"code is no heading": {
			"Run:\n\n```sh\n# install\n\nmake\n```",
			[]part{{"", "Run:\n\n```sh\n# install\n\nmake\n```"}},
		},
		"a hash tag is no heading": {"#sale is on", []part{{"", "#sale is on"}}},
		"headings alone say nothing": {
			"# Shop\n## A\n## B\nText", []part{{"B", "Text"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var got []part
			for _, passage := range split(bot9.Document{ID: 1, Title: "Shop", Text: test.text}) {
				got = append(got, part{passage.Heading, passage.Text})
				if passage.DocumentID != 1 || passage.Title != "Shop" {
					t.Errorf("the passage doesn't name its document: %+v", passage)
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestSplitKeepsPassagesShortAndLosesNothing(t *testing.T) {
	for name, text := range map[string]string{
		"sentences":   strings.Repeat("One two three. ", 300),
		"one word":    strings.Repeat("ä", 3000),
		"lines":       strings.Repeat("- item of a list\n", 200),
		"no spaces":   strings.Repeat("配送には二日かかります。", 200),
		"a section":   "# A\n" + strings.Repeat("A paragraph of text.\n\n", 200),
		"invalid end": strings.Repeat("x", 799) + "\xff\xfe" + strings.Repeat("y", 799),
	} {
		t.Run(name, func(t *testing.T) {
			var all strings.Builder
			for _, passage := range split(bot9.Document{Text: text}) {
				if n := utf8.RuneCountInString(passage.Text); n == 0 || n > maxPassage {
					t.Errorf("a passage of %d characters", n)
				}
				all.WriteString(passage.Text)
			}
			squeeze := func(s string) string { return strings.Join(strings.Fields(strings.TrimPrefix(s, "# A")), "") }
			if squeeze(all.String()) != squeeze(text) {
				t.Error("the passages don't add up to the text")
			}
		})
	}
}

func TestPlain(t *testing.T) {
	for markdown, want := range map[string]string{
		"**Free** from __50 €__.":                     "Free from 50 €.",
		"See [our page](https://shop.example/a) now.": "See our page (https://shop.example/a) now.",
		"[https://a.example](https://a.example)":      "https://a.example",
		"![a map](map.png) here":                      "a map here",
		"> quoted\n> twice":                           "quoted\ntwice",
		"Use `bot9 serve`:\n\n```sh\nbot9 serve\n```": "Use bot9 serve:\n\nbot9 serve",
		"- one\n- two":                                "- one\n- two",
		"2 ** 3 and snake_case_name * 2":              "2 ** 3 and snake_case_name * 2",
	} {
		if got := plain(markdown); got != want {
			t.Errorf("plain(%q) = %q, want %q", markdown, got, want)
		}
	}
}
