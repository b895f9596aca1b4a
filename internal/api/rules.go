package api

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	"github.com/bot9/bot9/internal/bot9"
)

// rules say which query parameters and which body an operation reads. They are made from its description in the
// OpenAPI document, so that no operation does without them.
type rules struct {
	query   *shape          // the names of the parameters
	many    map[string]bool // those that may be repeated, which means "one of"
	body    *shape
	lenient bool // other fields are read over, unless they look like one that is known
	patch   bool // the body is a merge patch: null removes
}

// rulesOf reads an operation's description, and completes it.
func rulesOf(registry huma.Registry, op *huma.Operation, a access) *rules {
	r := &rules{query: &shape{}, many: map[string]bool{}, body: &shape{fixed: true}, lenient: a.historic, patch: op.Method == http.MethodPatch}
	for _, parameter := range op.Parameters {
		if parameter.In == "query" {
			r.query.names = append(r.query.names, named{name: parameter.Name})
			r.many[parameter.Name] = parameter.Schema.Type == huma.TypeArray
		}
		if parameter.Name == "If-Match" {
			op.Responses[strconv.Itoa(http.StatusPreconditionFailed)] = &huma.Response{Ref: "#/components/responses/" + problemNames[http.StatusPreconditionFailed]}
		}
	}
	if op.RequestBody != nil && op.RequestBody.Content["application/json"] != nil {
		r.body = shapeOf(registry, op.RequestBody.Content["application/json"].Schema, !a.historic)
	}
	return r
}

// checkQuery refuses parameters that nobody reads: a list whose filter is misspelt would show everything.
func (r *rules) checkQuery(raw string) error {
	if raw == "" {
		return nil
	}
	query, err := url.ParseQuery(raw)
	if err != nil {
		return bot9.InvalidField(codeValidation, "query", "The query can't be read: %% and ; must be escaped.")
	}
	names := make([]string, 0, len(query))
	for name := range query {
		names = append(names, name)
	}
	slices.Sort(names)
	var unknown []bot9.FieldError
	for _, name := range names {
		location := "query"
		if isPlainWord(name) {
			location += "." + name
		}
		if !slices.ContainsFunc(r.query.names, func(n named) bool { return n.name == name }) {
			unknown = r.strangeParameter(unknown, name, location)
			continue
		}
		if len(query[name]) > 1 && !r.many[name] {
			return bot9.InvalidField(codeValidation, location, "This parameter can be given once only.")
		}
		for _, value := range query[name] {
			if !utf8.ValidString(value) || strings.Contains(value, "\x00") {
				return bot9.InvalidField(codeInvalidText, location, "The value must be text in UTF-8, without U+0000.")
			}
		}
	}
	if unknown == nil {
		return nil
	}
	refused := bot9.Errorf(bot9.Invalid, codeUnknownParameter, "The query has a parameter that doesn't exist.")
	refused.Fields = unknown
	return refused
}

func (r *rules) strangeParameter(unknown []bot9.FieldError, name, location string) []bot9.FieldError {
	meant := r.query.resembling(name)
	message := "There is no such parameter."
	switch {
	case len(unknown) >= maxComplaints || meant == "" && r.lenient:
		return unknown
	case meant != "":
		message += " Did you mean " + meant + "?"
	}
	return append(unknown, bot9.FieldError{Location: location, Message: message})
}

// checkBody checks the body that takeBody read, and puts the one to decode in its place.
func (r *rules) checkBody(request *http.Request) error {
	body := bodyOf(request)
	if len(body) == 0 {
		return nil
	}
	checked, err := checkBody(body, r)
	if err == nil && len(checked) > 0 && &checked[0] != &body[0] {
		request.Body = newBody(checked)
	}
	return err
}
