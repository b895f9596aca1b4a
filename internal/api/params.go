package api

import (
	"encoding"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/bot9/bot9/internal/bot9"
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
	p.ID, _ = parseID[T](string(text))
	return nil
}

// Schema implements huma.SchemaProvider.
func (Ref[T]) Schema(huma.Registry) *huma.Schema { return idSchema[T](true) }

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

// PageQuery asks for a part of a list.
type PageQuery struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"250" default:"50" doc:"How many at most"`
	Cursor string `query:"cursor" maxLength:"512" doc:"nextCursor of the page before"`
}

func (p PageQuery) page() bot9.Page { return bot9.Page{Limit: p.Limit, Cursor: p.Cursor} }

// output is what an operation answers with.
type output[T any] struct{ Body T }

func answer[T any](body T, err error) (*output[T], error) {
	if err != nil {
		return nil, err
	}
	return &output[T]{Body: body}, nil
}

// answerList answers with a page; an empty one is [], never null.
func answerList[T any](list bot9.List[T], err error) (*output[bot9.List[T]], error) {
	list.Data = nonNil(list.Data)
	return answer(list, err)
}

// answerAll answers with a list that has no further pages.
func answerAll[T any](all []T, err error) (*output[bot9.List[T]], error) {
	return answerList(bot9.List[T]{Data: all}, err)
}

func nonNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
