package client

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func readAll(t *testing.T, r io.Reader) ([]streamEvent, *streamReader) {
	t.Helper()
	reader := newStreamReader(r)
	var events []streamEvent
	for {
		event, err := reader.next()
		if errors.Is(err, io.EOF) {
			return events, reader
		}
		if err != nil {
			t.Fatal(err)
		}
		events = append(events, event)
	}
}

func TestStreamReader(t *testing.T) {
	event := func(id, name, data string) streamEvent { return streamEvent{ID: id, Name: name, Data: []byte(data)} }
	for _, test := range []struct {
		name, stream string
		want         []streamEvent
	}{
		{"one event", "id: 1\nevent: ping\ndata: {}\n\n", []streamEvent{event("1", "ping", "{}")}},
		{"no name is a message", "data: x\n\n", []streamEvent{event("", "message", "x")}},
		{"lines of data", "data: a\ndata:\ndata: b\n\n", []streamEvent{event("", "message", "a\n\nb")}},
		{"only one space is dropped", "data:  a\n\ndata:b\n\n", []streamEvent{event("", "message", " a"), event("", "message", "b")}},
		{"comments and unknown fields", ": hello\nfoo: bar\ndata\n\n", []streamEvent{event("", "message", "")}},
		{"the ID stays", "id: 1\ndata: a\n\ndata: b\n\n", []streamEvent{event("1", "message", "a"), event("1", "message", "b")}},
		{"an ID with NUL is ignored", "id: 1\nid: 2\x00\ndata: a\n\n", []streamEvent{event("1", "message", "a")}},
		{"a name without data is dropped", "event: x\n\ndata: a\n\n", []streamEvent{event("", "message", "a")}},
		{"CR and CRLF", "data: a\r\rdata: b\r\n\r\ndata: c\n\n", []streamEvent{event("", "message", "a"), event("", "message", "b"), event("", "message", "c")}},
		{"byte order mark", "\uFEFFdata: a\n\n", []streamEvent{event("", "message", "a")}},
		{"cut off in the middle", "data: a\n\ndata: b\n", []streamEvent{event("", "message", "a")}},
		{"cut off in a line", "data: a\n\ndata: b", []streamEvent{event("", "message", "a")}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, _ := readAll(t, strings.NewReader(test.stream))
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
			slow, _ := readAll(t, iotest.OneByteReader(strings.NewReader(test.stream)))
			if diff := cmp.Diff(test.want, slow); diff != "" {
				t.Errorf("byte by byte: %s", diff)
			}
		})
	}
}

func TestStreamReaderKeepsPlaceAndPace(t *testing.T) {
	_, reader := readAll(t, strings.NewReader("retry: 2000\nid: evt_1\n\nretry: soon\n\n"))
	if reader.LastID != "evt_1" || reader.Retry != 2*time.Second {
		t.Errorf("got last ID %q, retry %s", reader.LastID, reader.Retry)
	}
}

func TestStreamReaderBoundsLines(t *testing.T) {
	reader := newStreamReader(io.LimitReader(zeros{}, maxStreamLine+1))
	if _, err := reader.next(); err == nil || errors.Is(err, io.EOF) {
		t.Errorf("an endless line gave %v", err)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// A busy reader is no reason to give a stream up; a silent server is.
func TestWatchedCountsSilenceOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source, server := io.Pipe()
		lost := make(chan time.Time, 1)
		start := time.Now()
		w := &watched{Reader: source, lost: func() { lost <- time.Now(); _ = server.CloseWithError(io.ErrClosedPipe) }}
		go func() { _, _ = server.Write([]byte("a")) }()
		if _, err := w.Read(make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * silence) // virtual: the reader is busy
		select {
		case <-lost:
			t.Fatal("lost between reads")
		default:
		}
		if _, err := w.Read(make([]byte, 1)); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("got %v", err)
		}
		if after := (<-lost).Sub(start); after != 11*silence {
			t.Errorf("lost after %s", after)
		}
	})
}
