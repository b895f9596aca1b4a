package client

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strconv"
	"strings"
	"time"
)

// maxStreamLine bounds a line of a stream; the API's events are smaller by far.
const maxStreamLine = 16 << 20

// streamEvent is a server-sent event.
type streamEvent struct {
	ID   string // the last ID that the stream gave, this event's or an earlier one's
	Name string // "message" unless the stream says otherwise
	Data []byte
}

// streamReader reads server-sent events as the WHATWG HTML standard, section 9.2.6, interprets them.
type streamReader struct {
	lines *bufio.Scanner
	// LastID resumes the stream; Retry is how long the server wants clients to wait, 0 if it
	// didn't say.
	LastID string
	Retry  time.Duration
}

func newStreamReader(r io.Reader) *streamReader {
	buffered := bufio.NewReader(r)
	if mark, err := buffered.Peek(3); err == nil && string(mark) == "\uFEFF" {
		_, _ = buffered.Discard(len(mark)) // it was peeked
	}
	lines := bufio.NewScanner(buffered)
	lines.Buffer(make([]byte, 0, 4096), maxStreamLine)
	lines.Split((&lineSplitter{}).split)
	return &streamReader{lines: lines}
}

// next returns the next event that has data; io.EOF at the stream's end. An event that the end cuts
// off is dropped.
func (s *streamReader) next() (streamEvent, error) {
	event := streamEvent{Name: "message"}
	hasData := false
	for s.lines.Scan() {
		line := s.lines.Bytes()
		if len(line) == 0 {
			if hasData {
				event.ID = s.LastID
				event.Data = bytes.TrimSuffix(event.Data, []byte("\n"))
				return event, nil
			}
			event = streamEvent{Name: "message"}
			continue
		}
		name, value, _ := strings.Cut(string(line), ":")
		value = strings.TrimPrefix(value, " ")
		switch name {
		case "event":
			event.Name = value
		case "data":
			hasData = true
			event.Data = append(append(event.Data, value...), '\n')
		case "id":
			if !strings.Contains(value, "\x00") {
				s.LastID = value
			}
		case "retry":
			if ms, err := strconv.ParseUint(value, 10, 31); err == nil {
				s.Retry = time.Duration(ms) * time.Millisecond
			}
		}
	}
	if err := s.lines.Err(); err != nil {
		if errors.Is(err, bufio.ErrTooLong) {
			err = errors.New("a line of the stream is too long")
		}
		return event, err
	}
	return event, io.EOF
}

// lineSplitter splits at LF, CR and CRLF. A CR ends its line at once, without waiting for what
// follows; an LF right behind it is skipped then.
type lineSplitter struct{ afterCR bool }

func (l *lineSplitter) split(data []byte, atEOF bool) (advance int, token []byte, err error) {
	skip := 0
	if l.afterCR && len(data) > 0 && data[0] == '\n' {
		skip = 1
	}
	rest := data[skip:]
	if end := bytes.IndexAny(rest, "\r\n"); end >= 0 {
		l.afterCR = rest[end] == '\r'
		return skip + end + 1, rest[:end:end], nil
	}
	if atEOF {
		return len(data), nil, nil // a line without an end is not whole
	}
	return 0, nil, nil
}
