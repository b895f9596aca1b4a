package api

import (
	"maps"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// shape says what may stand in a JSON value: which names an object has, and where integers are. It is made from the
// schema in the OpenAPI document. The nil shape says nothing: anything goes.
type shape struct {
	integer bool
	null    bool    // whether it may be null
	names   []named // of an object that has names of its own
	fixed   bool    // whether the object has no names besides
	rest    *shape  // of an object's other values
	items   *shape  // of an array
}

type named struct {
	name  string
	shape *shape
}

// shapeOf reads a schema, and says in it what the framework leaves out: that an object has no other properties, where
// strict, and that null is one of the values where it is allowed beside some.
func shapeOf(registry huma.Registry, schema *huma.Schema, strict bool) *shape {
	for schema != nil && schema.Ref != "" {
		schema = registry.SchemaFromRef(schema.Ref)
	}
	if schema == nil || schema.Type == "" && len(schema.OneOf) == 0 {
		return nil
	}
	allowNull(schema)
	s := &shape{integer: schema.Type == huma.TypeInteger, null: schema.Nullable}
	for _, one := range schema.OneOf { // an event, an array of them, or an object that has one
		s.merge(shapeOf(registry, one, strict))
	}
	if schema.Items != nil {
		s.items = shapeOf(registry, schema.Items, strict)
	}
	if rest, ok := schema.AdditionalProperties.(*huma.Schema); ok {
		s.rest = shapeOf(registry, rest, strict)
	}
	for _, name := range slices.Sorted(maps.Keys(schema.Properties)) {
		s.names = append(s.names, named{name, shapeOf(registry, schema.Properties[name], strict)})
	}
	if len(schema.Properties) > 0 && s.rest == nil {
		s.fixed = true
		if strict {
			schema.AdditionalProperties = false
		}
	}
	return s
}

// allowNull makes null one of the values where a schema lists them.
func allowNull(schema *huma.Schema) {
	if schema.Nullable && len(schema.Enum) > 0 && !slices.Contains(schema.Enum, nil) {
		schema.Enum = append(schema.Enum, nil)
	}
}

// merge adds one of several shapes that a value may have: at most one of them is an array, and one an object.
func (s *shape) merge(either *shape) {
	if either.items != nil {
		s.items = either.items
	} else {
		s.names, s.fixed = append(s.names, either.names...), either.fixed
	}
}

// find returns the index of a name, which is read in any case, as Bot9 wrote some with a capital; -1 if there is none.
func (s *shape) find(name string) int {
	for i := range s.names {
		if s.names[i].name == name {
			return i
		}
	}
	for i := range s.names {
		if strings.EqualFold(s.names[i].name, name) {
			return i
		}
	}
	return -1
}

// resembling returns the known name that name misspells or writes differently, "" if there is none.
func (s *shape) resembling(name string) string {
	for i := range s.names {
		if resembles(name, s.names[i].name) {
			return s.names[i].name
		}
	}
	return ""
}

// refusedNames say that a message is not for the end user. All messages are, private notes being none, and to store one
// all the same would send it out.
var refusedNames = []string{"private", "internal"}

func refusedName(name string) bool {
	plain := plainName(name)
	for _, refused := range refusedNames {
		if plain == refused || plain == "is"+refused || plain == refused+"note" {
			return true
		}
	}
	return false
}

// resembles tells whether given is likely meant to be known: the same letters in snake_case or such, or one or two
// letters wrong. A longer name that begins with the known one (userId, user) is another name.
func resembles(given, known string) bool {
	if len(given) > 2*len(known)+2 || len(known) > 2*len(given)+2 {
		return false
	}
	a, b := plainName(given), plainName(known)
	if a == b {
		return true
	}
	if rest, ok := strings.CutPrefix(given, known); ok && rest != "" && (rest[0] >= 'A' && rest[0] <= 'Z' || rest[0] == '_') {
		return false
	}
	const long = 6 // letters; in names this long, two may be wrong
	allowed := 1
	if min(len(a), len(b)) >= long {
		allowed = 2
	}
	return len(a) > 2 && distance(a, b) <= allowed
}

// plainName is a name in small letters, without what separates its words.
func plainName(name string) string {
	return strings.NewReplacer("_", "", "-", "", ".", "", " ", "").Replace(strings.ToLower(name))
}

// distance counts the letters to insert, drop, change or swap with their neighbour to make a of b.
func distance(a, b string) int {
	before, above, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range above {
		above[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(above[j]+1, row[j-1]+1, above[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, above, row = above, row, before
	}
	return above[len(b)]
}
