package catalog

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"

	"github.com/bot9/bot9/internal/bot9"
)

// The codes of Validate's refusals.
const (
	codeUnknownType = "unknownEventType"
	codeInvalidData = "invalidEventData"
)

// Validate checks the data of an event that came from outside and returns it compact, its
// properties in the order given. Data of a custom type may be any JSON object, data of a type of
// the catalog must fit the schema. It fails with Invalid "unknownEventType" or "invalidEventData",
// whose fields say what is wrong and where ("data.message"), never which value was given.
func Validate(event string, data []byte) ([]byte, error) {
	known, err := knows(event)
	if err != nil {
		return nil, err
	}
	in, err := ParseObject(data)
	if err != nil {
		return nil, err
	}
	if !known {
		return in.text, nil
	}
	return in.text, fits(event, in.text)
}

// Accept takes data of an event that a chatbot's integrator posts: it sets chatbotId, fills in what
// may be left out of an event about a message (its ID, who says it, and where, so that receivers
// always find the whole), and validates the result as Validate does.
func Accept(event string, data []byte, chatbot bot9.ChatbotID, message bot9.MessageID, from Origin) ([]byte, error) {
	if _, err := knows(event); err != nil {
		return nil, err
	}
	in, err := ParseObject(data)
	if err != nil {
		return nil, err
	}
	return AcceptObject(event, in, chatbot, message, from)
}

// AcceptObject does what Accept does, with data that was parsed.
func AcceptObject(event string, data *Object, chatbot bot9.ChatbotID, message bot9.MessageID, from Origin) ([]byte, error) {
	known, err := knows(event)
	if err != nil {
		return nil, err
	}
	out := data.complete(event, chatbot, message, from)
	if !known {
		return out, nil
	}
	return out, fits(event, out)
}

// knows tells whether the event type is of the catalog; a custom one isn't, any other is an error.
func knows(event string) (bool, error) {
	_, known := byName[event]
	if !known && !IsCustom(event) {
		return false, bot9.InvalidField(codeUnknownType, "event",
			"This event type doesn't exist; take one of the catalog, or custom.<name> for one of your own.")
	}
	return known, nil
}

// fits holds the text of an object against the schema of the event type.
func fits(event string, text []byte) error {
	if s, ok := shapes()[event]; ok {
		if _, sure := s.allows(text, 0); sure {
			return nil
		}
	}
	// Numbers are decoded as float64, which bounds what a hostile exponent can cost.
	var values map[string]any
	if err := json.Unmarshal(text, &values); err != nil {
		return bot9.InvalidField(codeInvalidData, "data", "A number is out of range.")
	}
	if err := schemas()[event].Validate(values); err != nil {
		return explain(err)
	}
	return nil
}

// schemas compiles every schema at its first use, once.
var schemas = sync.OnceValue(func() map[string]*jsonschema.Schema {
	compiler := jsonschema.NewCompiler()
	compiled := make(map[string]*jsonschema.Schema, len(types))
	for _, t := range types {
		document, err := jsonschema.UnmarshalJSON(bytes.NewReader(t.Schema))
		if err == nil {
			err = compiler.AddResource(t.Name, document)
		}
		if err == nil {
			compiled[t.Name], err = compiler.Compile(t.Name)
		}
		if err != nil {
			panic(fmt.Errorf("schema of %s: %w", t.Name, err)) // part of the program: a bug
		}
	}
	return compiled
})

// shapes reads every schema that is simple enough at its first use, once.
var shapes = sync.OnceValue(func() map[string]*shape {
	simple := make(map[string]*shape, len(types))
	for _, t := range types {
		if s, err := newShape(t.Schema); err == nil {
			simple[t.Name] = s
		}
	}
	return simple
})

// explain turns a validator's error into ours. The validator's own texts are not used: some repeat values.
func explain(err error) *bot9.Error {
	invalid, ok := err.(*jsonschema.ValidationError)
	if !ok {
		return bot9.InvalidField(codeInvalidData, "data", "The data could not be checked.")
	}
	fields := appendCauses(nil, invalid)
	slices.SortFunc(fields, func(a, b bot9.FieldError) int { return strings.Compare(a.Location, b.Location) })
	result := bot9.Errorf(bot9.Invalid, codeInvalidData, "The data doesn't fit the schema of its event type: %s %s.",
		fields[0].Location, fields[0].Message)
	result.Fields = fields
	return result
}

// appendCauses collects the leaves of the validator's tree of errors.
func appendCauses(fields []bot9.FieldError, err *jsonschema.ValidationError) []bot9.FieldError {
	for _, cause := range err.Causes {
		fields = appendCauses(fields, cause)
	}
	if len(err.Causes) > 0 {
		return fields
	}
	location := locate(err.InstanceLocation)
	if required, ok := err.ErrorKind.(*kind.Required); ok {
		for _, name := range required.Missing {
			fields = append(fields, bot9.FieldError{Location: location + "." + name, Message: "is required"})
		}
		return fields
	}
	return append(fields, bot9.FieldError{Location: location, Message: complaint(err.ErrorKind)})
}

// locate turns ["recentMessages" "0" "message"] into "data.recentMessages[0].message". A name that
// isn't a plain word is the sender's own, so it is not repeated.
func locate(path []string) string {
	location := "data"
	for _, part := range path {
		switch _, err := strconv.Atoi(part); {
		case err == nil:
			location += "[" + part + "]"
		case isPlainWord(part):
			location += "." + part
		default:
			return location
		}
	}
	return location
}

func isPlainWord(s string) bool {
	const longest = 64
	return len(s) <= longest && IsCustom(customPrefix+s)
}

// complaint says in words what the schema asks for.
func complaint(k jsonschema.ErrorKind) string {
	switch k := k.(type) {
	case *kind.Type:
		return "must be of type " + strings.Join(k.Want, " or ")
	case *kind.Enum:
		words := make([]string, len(k.Want))
		for i, want := range k.Want {
			words[i] = fmt.Sprint(want)
		}
		return "must be one of " + strings.Join(words, ", ")
	case *kind.MinLength:
		return fmt.Sprintf("must have at least %d characters", k.Want)
	case *kind.Minimum:
		return "must be at least " + k.Want.RatString()
	case *kind.Maximum:
		return "must be at most " + k.Want.RatString()
	}
	return "does not fit the schema"
}
