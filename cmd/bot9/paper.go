package main

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"

	"charm.land/lipgloss/v2"
)

// paper is what people read: lines, tables, colours.
type paper struct{ out io.Writer }

var (
	bold   = lipgloss.NewStyle().Bold(true)
	faint  = lipgloss.NewStyle().Faint(true)
	green  = lipgloss.NewStyle().Foreground(lipgloss.Color("2"))
	red    = lipgloss.NewStyle().Foreground(lipgloss.Color("1"))
	yellow = lipgloss.NewStyle().Foreground(lipgloss.Color("3"))
)

func (p paper) line(format string, args ...any) { fmt.Fprintf(p.out, format+"\n", args...) }

// table prints rows under a heading, in columns as wide as they need to be. Cells may be coloured.
func (p paper) table(heading []string, rows [][]string) {
	if len(rows) == 0 {
		p.line("%s", faint.Render("none"))
		return
	}
	widths := make([]int, len(heading))
	for _, row := range append([][]string{heading}, rows...) {
		for i, cell := range row {
			widths[i] = max(widths[i], lipgloss.Width(cell))
		}
	}
	p.row(heading, widths, bold)
	for _, row := range rows {
		p.row(row, widths, lipgloss.NewStyle())
	}
}

func (p paper) row(cells []string, widths []int, style lipgloss.Style) {
	var text strings.Builder
	for i, cell := range cells {
		text.WriteString(style.Render(cell))
		if i < len(cells)-1 {
			text.WriteString(strings.Repeat(" ", widths[i]-lipgloss.Width(cell)+2))
		}
	}
	p.line("%s", strings.TrimRight(text.String(), " "))
}

// facts prints names and values, without those that have none.
func (p paper) facts(pairs ...string) {
	width := 0
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			width = max(width, lipgloss.Width(pairs[i]))
		}
	}
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			p.line("%s  %s", bold.Render(pairs[i])+strings.Repeat(" ", width-lipgloss.Width(pairs[i])), pairs[i+1])
		}
	}
}

// more tells how to get the next page.
func (p paper) more(cursor string) {
	if cursor != "" {
		p.line("%s", faint.Render("more: --cursor "+printable(cursor)))
	}
}

// printable makes text of others fit for a terminal: it can't move the cursor, change colours, or
// look like lines of our own.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return ' '
		case !unicode.IsPrint(r):
			return '·'
		}
		return r
	}, text)
}

// printableLines is printable, line by line.
func printableLines(text string) string {
	lines := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	for i := range lines {
		lines[i] = printable(lines[i])
	}
	return strings.Join(lines, "\n")
}

// short cuts text to n characters.
func short(text string, n int) string {
	runes := []rune(printable(text))
	if len(runes) <= n {
		return string(runes)
	}
	return string(runes[:n-1]) + "…"
}

// state colours the word for a state by its meaning.
func state(word string) string {
	word = printable(word)
	switch word {
	case "succeeded", "success", "enabled", "healthy", "active", "completed":
		return green.Render(word)
	case "failed", "disabled", "failing", "canceled", "closed":
		return red.Render(word)
	}
	return yellow.Render(word)
}

// clock is a moment as people read it, in their own time zone; "" for none.
func clock(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Local().Format("2006-01-02 15:04:05")
}

func seconds(d time.Duration) string { return fmt.Sprintf("%g s", d.Seconds()) }

func milliseconds(ms float64) string { return fmt.Sprintf("%.0f ms", ms) }

func number[T int | int64](n T) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprint(n)
}
