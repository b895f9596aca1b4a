package api

import (
	"encoding"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/catalog"
)

// textID is any of the vocabulary's IDs.
type textID interface {
	~int64
	String() string
	Time() bot9.Time
}

func parseID[T textID](text string) (T, bool) {
	var id T
	err := any(&id).(encoding.TextUnmarshaler).UnmarshalText([]byte(text))
	return id, err == nil && id != 0
}

func prefixOf[T textID]() string {
	prefix, _, _ := strings.Cut(T(1).String(), "_")
	return prefix
}

// idSchema describes an ID. The framework would take an ID, an integer inside, for a number.
func idSchema[T textID](strict bool) *huma.Schema {
	prefix := prefixOf[T]()
	s := &huma.Schema{Type: huma.TypeString, Examples: []any{prefix + "_38g4k4jvm0001"}}
	if strict {
		s.Pattern = "^" + prefix + "_[0-7][0-9a-v]{12}$"
		s.PatternDescription = "an ID like " + prefix + "_38g4k4jvm0001"
	}
	return s
}

// PathID is an ID in a path. Whatever is no ID names nothing, so it is answered like any object
// that doesn't exist.
type PathID[T textID] struct{ ID T }

// UnmarshalText implements encoding.TextUnmarshaler.
func (p *PathID[T]) UnmarshalText(text []byte) error {
	p.ID, _ = parseID[T](string(text))
	return nil
}

// Schema implements huma.SchemaProvider.
func (PathID[T]) Schema(huma.Registry) *huma.Schema { return idSchema[T](false) }

// Resolve implements huma.Resolver.
func (p *PathID[T]) Resolve(huma.Context) []error {
	if p.ID == 0 {
		return []error{notFound()}
	}
	return nil
}

// Ref is an ID in a query or a body: the schema refuses what is none.
type Ref[T textID] struct{ ID T }

// UnmarshalText implements encoding.TextUnmarshaler.
func (p *Ref[T]) UnmarshalText(text []byte) error {
	p.ID = refID[T](string(text))
	return nil
}

// refID reads an ID that the schema has let pass. The one of zeros, which stands for none inside, becomes one that
// nothing has.
func refID[T textID](text string) T {
	id, ok := parseID[T](text)
	if !ok && text != "" {
		id = -1
	}
	return id
}

// Schema implements huma.SchemaProvider.
func (Ref[T]) Schema(huma.Registry) *huma.Schema { return idSchema[T](true) }

// RefText is one of several IDs in a query, which is read once the schema has let it pass.
type RefText[T textID] string

// Schema implements huma.SchemaProvider.
func (RefText[T]) Schema(huma.Registry) *huma.Schema { return idSchema[T](true) }

func idsOf[T textID](texts []RefText[T]) []T {
	ids := make([]T, len(texts))
	for i, text := range texts {
		ids[i] = refID[T](string(text))
	}
	return ids
}

// After is an event's ID in a query, whether or not there is such an event any more.
type After struct{ ID bot9.EventID }

// UnmarshalText implements encoding.TextUnmarshaler.
func (a *After) UnmarshalText(text []byte) error {
	a.ID, _ = parseID[bot9.EventID](string(text))
	if a.ID == 0 { // evt_0000000000000: nothing is before it; zero stands for no ID at all
		a.ID = 1
	}
	return nil
}

// eventCursor is where a stream goes on after an event; evt_0000000000000 stands before the very first one.
func eventCursor(text, location string) (bot9.EventID, error) {
	id, ok := parseID[bot9.EventID](text)
	if !ok && text != "evt_0000000000000" {
		return 0, bot9.InvalidField(codeValidation, location, "It must be the ID of an event.")
	}
	return max(id, 1), nil
}

// Schema implements huma.SchemaProvider.
func (After) Schema(huma.Registry) *huma.Schema { return idSchema[bot9.EventID](true) }

// EventTypes are the types that a list is restricted to.
type EventTypes struct {
	Event []string `query:"event,explode" doc:"Event type, or custom.* for all custom ones; repeated: one of them"`
}

// chosen refuses what is no type, and leaves out what doesn't restrict.
func (e *EventTypes) chosen() ([]string, error) {
	for _, name := range e.Event {
		switch {
		case name == bot9.AllEvents:
			return nil, nil
		case !catalog.ValidSubscription(name):
			return nil, unknownEventType("query.event")
		}
	}
	return e.Event, nil
}

// Moment is a time in a query or a body: the schema refuses what is none.
type Moment struct{ Time bot9.Time }

// UnmarshalText implements encoding.TextUnmarshaler.
func (m *Moment) UnmarshalText(text []byte) error {
	_ = m.Time.UnmarshalText(text)    // the schema has the say
	if m.Time == 0 && len(text) > 0 { // zero stands for no time at all
		m.Time = 1
	}
	return nil
}

// Schema implements huma.SchemaProvider.
func (Moment) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Format: "date-time", Examples: []any{"2026-11-22T19:00:00.123Z"}}
}

// output is what an operation answers with.
type output[T any] struct{ Body T }

func answer[T any](body T, err error) (*output[T], error) {
	if err != nil {
		return nil, err
	}
	return &output[T]{Body: body}, nil
}

func nonNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
