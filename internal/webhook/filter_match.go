package webhook

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"sync"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/interpreter"

	"github.com/bot9/bot9/internal/bot9"
)

// Bounds of the compiled filters that are kept, by count and by bytes: a program takes some hundred
// times the memory of its text.
const (
	maxPrograms     = 4096
	maxProgramBytes = 512 << 10
)

// Filters evaluates filters and keeps them compiled. The zero value is ready; it is safe for
// concurrent use.
type Filters struct {
	mu       sync.RWMutex
	programs map[string]keptProgram
	size     int // bytes of the programs' texts
}

type keptProgram struct {
	filterProgram
	err error
}

// Of returns what evaluates filters on the event, which is decoded once, when a filter first asks for
// its data. What it returns is for one goroutine.
func (f *Filters) Of(e *bot9.Event) bot9.Matcher {
	return &matcher{filters: f, envelope: envelope{event: e}}
}

// ReadsLate tells whether a filter asks for the event's ID, time or sequence.
func (f *Filters) ReadsLate(expr string) bool { return f.compiled(expr).readsLate }

type matcher struct {
	filters  *Filters
	envelope envelope
}

// Match tells whether the event passes the filter. An event that lacks what the filter asks for, or
// has it in another type, doesn't.
func (m *matcher) Match(expr string) bot9.Verdict {
	if expr == "" {
		return bot9.Match
	}
	compiled := m.filters.compiled(expr)
	if compiled.err != nil {
		return bot9.NotEvaluable
	}
	value, _, err := compiled.program.Eval(&m.envelope)
	if err == nil {
		if value == types.True {
			return bot9.Match
		}
		return bot9.NoMatch
	}
	if cancelled, ok := errors.AsType[interpreter.EvalCancelledError](err); ok && cancelled.Cause == interpreter.CostLimitExceeded {
		return bot9.TooCostly
	}
	if m.envelope.broken || !isOrdinary(err) {
		return bot9.NotEvaluable
	}
	return bot9.NoMatch
}

// isOrdinary tells whether an evaluation ended because the event lacks something or has it in another
// type, which is no more than not to match. The library has no other way to tell.
func isOrdinary(err error) bool {
	text := err.Error()
	for _, ordinary := range []string{"no such overload", "no such key", "no such attribute", "out of bounds", "out of range in list", "expected iterable type"} {
		if strings.Contains(text, ordinary) {
			return true
		}
	}
	return false
}

// compiled returns the program of expr. When there are too many, any of them make room.
func (f *Filters) compiled(expr string) keptProgram {
	f.mu.RLock()
	entry, ok := f.programs[expr]
	f.mu.RUnlock()
	if ok {
		return entry
	}
	program, err := compileFilter(expr)
	if entry.filterProgram = program; err != nil {
		entry.err = err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.programs == nil {
		f.programs = map[string]keptProgram{}
	}
	if _, ok := f.programs[expr]; !ok {
		f.size += len(expr)
	}
	f.programs[expr] = entry
	for victim := range f.programs {
		if len(f.programs) <= maxPrograms && f.size <= maxProgramBytes {
			break
		}
		delete(f.programs, victim)
		f.size -= len(victim)
	}
	return entry
}

// envelope gives a filter the event's fields; data is decoded only when asked for.
type envelope struct {
	event  *bot9.Event
	data   map[string]any
	broken bool // the data is no JSON object
}

// ResolveName implements cel.Activation.
func (v *envelope) ResolveName(name string) (any, bool) {
	switch name {
	case "event":
		return v.event.Type, true
	case nameData:
		if v.data == nil && !v.broken {
			v.decode()
		}
		return v.data, !v.broken
	case nameID:
		return v.event.ID.String(), true
	case nameCreatedAt:
		return v.event.CreatedAt().Std(), true
	case "conversationId":
		return v.event.ConversationID.String(), true
	case nameSequence:
		return v.event.Sequence, true
	case "apiVersion":
		return bot9.APIVersion, true
	}
	return nil, false
}

// Parent implements cel.Activation.
func (v *envelope) Parent() cel.Activation { return nil }

func (v *envelope) decode() {
	decoder := json.NewDecoder(bytes.NewReader(v.event.Data))
	decoder.UseNumber()
	if decoder.Decode(&v.data) != nil || v.data == nil {
		v.broken = true
		return
	}
	withNumbers(v.data)
}

// withNumbers replaces the numbers in decoded JSON by values that filters can compare, and returns it.
func withNumbers(value any) any {
	switch value := value.(type) {
	case json.Number:
		return number(value.String())
	case map[string]any:
		for key, element := range value {
			value[key] = withNumbers(element)
		}
	case []any:
		for i, element := range value {
			value[i] = withNumbers(element)
		}
	}
	return value
}
