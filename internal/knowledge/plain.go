package knowledge

import (
	"regexp"
	"strings"
)

var (
	image    = regexp.MustCompile(`!\[([^\]]*)\]\([^)\s]*(?:\s+"[^"]*")?\)`)
	link     = regexp.MustCompile(`\[([^\]]+)\]\(([^)\s]+)(?:\s+"[^"]*")?\)`)
	strong   = regexp.MustCompile(`(\*\*|__)(\S(?:.*?\S)?)(?:\*\*|__)`)
	quoteTag = regexp.MustCompile(`(?m)^ {0,3}>[ \t]?`)
	fence    = regexp.MustCompile("(?m)^ *(?:```|~~~).*\n?")
)

// plain takes Markdown's signs out of a text, for channels that show a message as it is: links
// become "words (address)", bold and quotes lose their marks. Lists already read well.
func plain(text string) string {
	text = fence.ReplaceAllString(text, "")
	text = image.ReplaceAllString(text, "$1")
	text = link.ReplaceAllStringFunc(text, func(found string) string {
		parts := link.FindStringSubmatch(found)
		if words, address := parts[1], parts[2]; words != address {
			return words + " (" + address + ")"
		}
		return parts[2]
	})
	text = strong.ReplaceAllString(text, "$2")
	text = quoteTag.ReplaceAllString(text, "")
	return strings.TrimSpace(strings.ReplaceAll(text, "`", ""))
}
