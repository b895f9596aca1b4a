package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	bot9hooks "github.com/bot9/bot9/sdk/go"
)

// eventLog is a file of events that knows which it has. It is the handler's DedupeStore too: an
// event is handled once it is in the file.
type eventLog struct {
	mu      sync.Mutex
	file    *os.File
	size    int64           // of the whole lines in it
	written map[string]bool // by the event's ID
	writing map[string]bool
}

func openEventLog(path string) (*eventLog, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	l := &eventLog{file: file, written: map[string]bool{}, writing: map[string]bool{}}
	if err := l.load(); err != nil {
		return nil, errors.Join(fmt.Errorf("read %s: %w", path, err), file.Close())
	}
	return l, nil
}

// load reads which events the file has, and cuts off a last line that a crash left unfinished: its
// event was not acknowledged, so it comes again.
func (l *eventLog) load() error {
	reader := bufio.NewReader(l.file)
	for {
		line, err := reader.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return l.file.Truncate(l.size)
		}
		if err != nil {
			return err
		}
		var event struct{ ID string }
		if err := json.Unmarshal(line, &event); err != nil {
			return err
		}
		l.written[event.ID] = true
		l.size += int64(len(line))
	}
}

// Append writes an event, and returns once it is on the disk.
func (l *eventLog) Append(event bot9hooks.Event) error {
	var line bytes.Buffer
	encoder := json.NewEncoder(&line) // ends with a line break
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(event); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	_, err := l.file.Write(line.Bytes())
	if err == nil {
		err = l.file.Sync()
	}
	if err != nil { // no part of it may stay: the event comes again
		return errors.Join(err, l.file.Truncate(l.size))
	}
	l.size += int64(line.Len())
	return nil
}

// Claim implements bot9hooks.DedupeStore.
func (l *eventLog) Claim(_ context.Context, id string, _ time.Duration) (bot9hooks.Claim, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.written[id]:
		return bot9hooks.Claim{Result: bot9hooks.Handled}, nil
	case l.writing[id]:
		return bot9hooks.Claim{Result: bot9hooks.InProgress}, nil
	}
	l.writing[id] = true
	return bot9hooks.Claim{Result: bot9hooks.Claimed}, nil
}

// Commit implements bot9hooks.DedupeStore.
func (l *eventLog) Commit(_ context.Context, id, _ string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.writing, id)
	l.written[id] = true
	return nil
}

// Release implements bot9hooks.DedupeStore.
func (l *eventLog) Release(_ context.Context, id, _ string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.writing, id)
	return nil
}

// Close closes the file.
func (l *eventLog) Close() error { return l.file.Close() }
