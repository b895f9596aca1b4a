package knowledge

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/bot9/bot9/internal/bot9"
)

// maxPassage is how many characters a passage has at most: about what a chat message may have.
const maxPassage = 800

// headingSeparator stands between the headings of a path.
const headingSeparator = "›"

// split cuts a document into passages. Under a heading, paragraphs stay together as long as they
// fit, since a section is about one thing. Text without headings is cut into its paragraphs, but
// what introduces the next paragraph (a question, a line ending in a colon) stays with it, as a
// list stays with what stands before it.
func split(document bot9.Document) []bot9.Passage {
	s := splitter{document: document}
	fenced := false
	for line := range strings.Lines(strings.ReplaceAll(document.Text, "\r\n", "\n")) {
		line = strings.TrimRight(line, " \t\r\n")
		if isFence(line) {
			fenced = !fenced
		}
		level, heading := headingOf(line)
		switch {
		case fenced:
			s.paragraph = append(s.paragraph, line)
		case level > 0:
			s.startSection(level, heading)
		case underline.MatchString(line) && len(s.paragraph) == 1 && !isListItem(s.paragraph[0]):
			heading, s.paragraph = s.paragraph[0], nil
			s.startSection(underlineLevel(line), heading)
		case line == "" || ruler.MatchString(line):
			s.endParagraph()
		default:
			s.paragraph = append(s.paragraph, line)
		}
	}
	s.endPassage()
	return s.passages
}

// Passages tells into how many passages a document's text is cut. A curated answer counts as if it were cut, too, though it
// is one passage.
func Passages(d bot9.Document) int { return len(split(d)) }

type splitter struct {
	document  bot9.Document
	headings  [6]string // the heading in force at each level
	paragraph []string  // lines not yet in text
	text      string    // of the passage being gathered
	passages  []bot9.Passage
}

// startSection ends what stands before a heading, and the sections that the heading ends.
func (s *splitter) startSection(level int, heading string) {
	s.endPassage()
	s.headings[level-1] = heading
	clear(s.headings[level:])
}

// endParagraph adds the paragraph's lines to the passage, or begins another passage with them.
func (s *splitter) endParagraph() {
	if len(s.paragraph) == 0 {
		return
	}
	paragraph := strings.Join(s.paragraph, "\n")
	s.paragraph = nil
	isSection := s.headings != [6]string{}
	belongs := isSection || strings.HasSuffix(s.text, ":") || strings.HasSuffix(s.text, "?") || isListItem(paragraph)
	fits := utf8.RuneCountInString(s.text)+2+utf8.RuneCountInString(paragraph) <= maxPassage
	if s.text != "" && belongs && fits {
		s.text += "\n\n" + paragraph
		return
	}
	s.flush()
	s.text = paragraph
}

func (s *splitter) endPassage() {
	s.endParagraph()
	s.flush()
}

// flush makes passages of the text gathered: several where one paragraph alone is too long.
func (s *splitter) flush() {
	for text := range pieces(s.text) {
		s.passages = append(s.passages, bot9.Passage{
			DocumentID: s.document.ID,
			Title:      s.document.Title,
			Heading:    s.headingPath(),
			Text:       text,
		})
	}
	s.text = ""
}

// headingPath joins the headings in force, but for a first one that only repeats the title.
func (s *splitter) headingPath() string {
	var path []string
	for _, heading := range s.headings {
		if heading == "" || len(path) == 0 && strings.EqualFold(heading, strings.TrimSpace(s.document.Title)) {
			continue
		}
		path = append(path, heading)
	}
	return strings.Join(path, " "+headingSeparator+" ")
}

// pieces cuts a text into parts of at most maxPassage characters: after a line, else after a
// sentence, else between words, else anywhere.
func pieces(text string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for text = strings.TrimSpace(text); text != ""; text = strings.TrimSpace(text) {
			head := bot9.Beginning(text, maxPassage)
			if len(head) < len(text) {
				for _, end := range []string{"\n", ". ", "! ", "? ", "。", " "} {
					// A cut in the first half would leave scraps.
					if at := strings.LastIndex(head, end); at > len(head)/2 {
						head = head[:at+len(end)]
						break
					}
				}
			}
			text = text[len(head):]
			if !yield(strings.TrimSpace(head)) {
				return
			}
		}
	}
}

var (
	headingLine = regexp.MustCompile(`^ {0,3}(#{1,6})(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*$`)
	underline   = regexp.MustCompile(`^ {0,3}(={2,}|-{2,})$`)
	ruler       = regexp.MustCompile(`^ {0,3}(-[ -]*-[ -]*-|\*[ *]*\*[ *]*\*|_[ _]*_[ _]*_)$`)
	listItem    = regexp.MustCompile(`^\s*([-*+•]|\d+[.)])\s`)
)

// headingOf reads a line like "## Refunds": its level, 1 to 6, and its words; level 0 if it is none.
func headingOf(line string) (level int, heading string) {
	parts := headingLine.FindStringSubmatch(line)
	if parts == nil {
		return 0, ""
	}
	return len(parts[1]), plain(parts[2])
}

// underlineLevel is the level of a heading underlined by line.
func underlineLevel(line string) int {
	if strings.Contains(line, "=") {
		return 1
	}
	return 2
}

func isListItem(text string) bool { return listItem.MatchString(text) }

func isFence(line string) bool {
	line = strings.TrimLeft(line, " ")
	return strings.HasPrefix(line, "```") || strings.HasPrefix(line, "~~~")
}
