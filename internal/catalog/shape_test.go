package catalog

import (
	"encoding/json"
	"testing"

	"pgregory.net/rapid"
)

// TestShapeAllowsOnlyWhatTheSchemaDoes makes data that is nearly right, in many ways, and asks both.
func TestShapeAllowsOnlyWhatTheSchemaDoes(t *testing.T) {
	for name, s := range shapes() {
		rapid.Check(t, func(t *rapid.T) {
			text := appendNearly(t, nil, s, 0)
			if _, sure := s.allows(text, 0); !sure {
				return
			}
			var value any
			if err := json.Unmarshal(text, &value); err != nil {
				t.Fatalf("allowed %s: %v", text, err)
			}
			if err := schemas()[name].Validate(value); err != nil {
				t.Fatalf("%s: the shape allows %s, the schema doesn't: %v", name, text, err)
			}
		})
	}
}

// TestShapeKnowsTheSamples keeps the short way from falling into disuse: the samples of the types with
// a shape take it, and the types of the busiest events have one.
func TestShapeKnowsTheSamples(t *testing.T) {
	for _, busy := range []string{MessageReceived, MessageSent, ConversationStarted, ConversationStatusChanged, HandoverRequested} {
		if shapes()[busy] == nil {
			t.Errorf("%s has no shape", busy)
		}
	}
	for name, s := range shapes() {
		in, err := ParseObject(byName[name].Sample)
		if err != nil {
			t.Fatal(err)
		}
		if end, sure := s.allows(in.text, 0); !sure || end != len(in.text) {
			t.Errorf("%s: the shape isn't sure of the sample", name)
		}
	}
}

// appendNearly appends a value that fits the shape but, now and then, somewhere doesn't.
func appendNearly(t *rapid.T, dst []byte, s *shape, depth int) []byte {
	wrong := rapid.IntRange(0, 19).Draw(t, "wrong") == 0
	kind := rapid.SampledFrom([]string{"string", "null", "boolean", "integer", "number", "array", "object"}).Draw(t, "kind")
	if len(s.types) > 0 && !wrong {
		kind = rapid.SampledFrom(s.types).Draw(t, "kind")
	}
	switch kind {
	case "string":
		if s.enum != nil && !wrong {
			return append(dst, rapid.SampledFrom(s.enum).Draw(t, "enumerated")...)
		}
		return append(dst, rapid.SampledFrom([]string{`""`, `"a"`, `"\u0061"`, `"\""`, `"über"`, `"user"`, `"{"`}).Draw(t, "string")...)
	case "null":
		return append(dst, "null"...)
	case "boolean":
		return append(dst, "true"...)
	case "integer":
		return append(dst, rapid.SampledFrom([]string{"0", "-1", "5", "123456789012345"}).Draw(t, "integer")...)
	case "number":
		return append(dst, rapid.SampledFrom([]string{"0.5", "1e3", "1.0", "1e999", "123456789012345678901234567890"}).Draw(t, "number")...)
	case "array":
		dst = append(dst, '[')
		items := s.items
		if items == nil {
			items = &anything
		}
		for i := range rapid.IntRange(0, max(0, 2-depth)).Draw(t, "items") {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendNearly(t, dst, items, depth+1)
		}
		return append(dst, ']')
	}
	return appendNearlyObject(t, dst, s, depth)
}

func appendNearlyObject(t *rapid.T, dst []byte, s *shape, depth int) []byte {
	dst = append(dst, '{')
	first := true
	property := func(name string, s *shape) {
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = append(append(append(dst, '"'), name...), `":`...)
		dst = appendNearly(t, dst, s, depth+1)
	}
	for _, name := range rapid.Permutation(s.required).Draw(t, "order") {
		if rapid.IntRange(0, 19).Draw(t, "left out") == 0 {
			continue
		}
		if p, ok := s.properties[name]; ok {
			property(name, p)
			if rapid.IntRange(0, 9).Draw(t, "twice") == 0 {
				property(name, p)
			}
		}
	}
	if depth < 2 && rapid.IntRange(0, 4).Draw(t, "more") == 0 {
		property("surprise", &anything)
	}
	return append(dst, '}')
}
