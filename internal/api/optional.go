package api

import (
	"encoding/json"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
)

// Optional is a property of a merge patch (RFC 7396): left out it changes nothing, null removes what was set, so
// that the default holds again, and anything else replaces it.
type Optional[T any] struct {
	Given   bool
	Removed bool // it is null
	Value   T
}

// UnmarshalJSON implements json.Unmarshaler. It is called for null too.
func (o *Optional[T]) UnmarshalJSON(text []byte) error {
	o.Given, o.Removed = true, string(text) == "null"
	if o.Removed {
		return nil
	}
	return json.Unmarshal(text, &o.Value)
}

// Schema implements huma.SchemaProvider.
func (Optional[T]) Schema(registry huma.Registry) *huma.Schema {
	schema := huma.SchemaFromType(registry, reflect.TypeFor[T]())
	schema.Nullable = true
	return schema
}

// patch takes over a property: its value, or without where it was removed.
func patch[T any](to *T, from Optional[T], without T) {
	switch {
	case from.Removed:
		*to = without
	case from.Given:
		*to = from.Value
	}
}
