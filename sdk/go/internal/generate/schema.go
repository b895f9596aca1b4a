package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// eventType is one file of the catalog.
type eventType struct {
	Name        string `json:"-"`
	Description string `json:"description"`
	When        string `json:"when"`
	Schema      schema `json:"schema"`
}

// schema is the part of JSON Schema that the catalog uses.
type schema struct {
	Type                 typeNames       `json:"type"`
	Description          string          `json:"description"`
	Required             []string        `json:"required"`
	Properties           properties      `json:"properties"`
	AdditionalProperties json.RawMessage `json:"additionalProperties"`
	Items                *schema         `json:"items"`
	Enum                 []string        `json:"enum"`
	Format               string          `json:"format"`
}

// typeNames is a type's name, or several.
type typeNames []string

func (t *typeNames) UnmarshalJSON(text []byte) error {
	var one string
	if json.Unmarshal(text, &one) == nil {
		*t = typeNames{one}
		return nil
	}
	return json.Unmarshal(text, (*[]string)(t))
}

// property is one named part of an object.
type property struct {
	name     string
	schema   schema
	required bool
}

// properties keep the order of the file, which is the one people read them in.
type properties []property

func (p *properties) UnmarshalJSON(text []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	if _, err := decoder.Token(); err != nil {
		return err
	}
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return err
		}
		next := property{name: name.(string)}
		if err := decoder.Decode(&next.schema); err != nil {
			return err
		}
		*p = append(*p, next)
	}
	return nil
}

// kind is what a schema is in a programming language.
type kind int

const (
	kindString kind = iota
	kindTime
	kindInteger
	kindNumber
	kindBoolean
	kindArray
	kindObject
	kindMap  // an object with any names, whose values are strings
	kindFree // an object with any names and values
)

func (s schema) kind() (kind, error) {
	name := ""
	for _, each := range s.Type {
		if each != "null" {
			name += each
		}
	}
	switch {
	case name == "string" && s.Format == "date-time":
		return kindTime, nil
	case name == "string":
		return kindString, nil
	case name == "integer":
		return kindInteger, nil
	case name == "number":
		return kindNumber, nil
	case name == "boolean":
		return kindBoolean, nil
	case name == "array" && s.Items != nil:
		return kindArray, nil
	case name == "object" && len(s.Properties) > 0:
		return kindObject, nil
	case name == "object" && strings.ReplaceAll(string(s.AdditionalProperties), " ", "") == `{"type":"string"}`:
		return kindMap, nil
	case name == "object" && string(s.AdditionalProperties) == "true":
		return kindFree, nil
	}
	return 0, fmt.Errorf("a schema of type %q is not one that the libraries have a type for", s.Type)
}

func (s schema) nullable() bool {
	for _, each := range s.Type {
		if each == "null" {
			return true
		}
	}
	return false
}

// readCatalog returns the event types of a folder, by name.
func readCatalog(folder string) ([]eventType, error) {
	paths, err := filepath.Glob(filepath.Join(folder, "*.json"))
	if err != nil {
		return nil, err
	}
	if len(paths) == 0 {
		return nil, fmt.Errorf("no event types in %s", folder)
	}
	var events []eventType
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		event := eventType{Name: strings.TrimSuffix(filepath.Base(path), ".json")}
		if err := json.Unmarshal(text, &event); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		event.Schema.markRequired()
		events = append(events, event)
	}
	return events, nil
}

func (s *schema) markRequired() {
	for i := range s.Properties {
		p := &s.Properties[i]
		for _, name := range s.Required {
			p.required = p.required || name == p.name
		}
		p.schema.markRequired()
	}
	if s.Items != nil {
		s.Items.markRequired()
	}
}
