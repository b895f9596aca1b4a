package api

import (
	"encoding/json"
	"errors"
	"io"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
)

// jsonFormat reads and writes bodies. Its errors don't repeat the input.
var jsonFormat = huma.Format{
	Marshal: func(w io.Writer, v any) error {
		encoder := json.NewEncoder(w)
		encoder.SetEscapeHTML(false)
		return encoder.Encode(v)
	},
	Unmarshal: func(data []byte, v any) error {
		err := json.Unmarshal(data, v)
		if err == nil {
			return nil
		}
		if mistyped, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
			return errors.New("expected " + jsonWord(mistyped.Type.Kind()))
		}
		return errors.New("not valid JSON")
	},
}

// jsonWord names what JSON must have where Go has kind.
func jsonWord(kind reflect.Kind) string {
	switch kind {
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "true or false"
	case reflect.Slice, reflect.Array:
		return "an array"
	case reflect.Struct, reflect.Map:
		return "an object"
	}
	return "a number"
}
