package main

import (
	"fmt"
	"reflect"
	"strings"
)

// shape is an object type to be written: an event's data, or a part of it with a name of its own.
type shape struct {
	name        string
	description string
	fields      []field
}

// field is a property with its type resolved.
type field struct {
	property
	kind kind
	part string // the shape's name, for an object and for an array of objects
	item kind   // for an array
}

// shapesOf returns the shapes of all events, parts before what they are parts of. Parts that look
// alike and have one name are one shape.
func shapesOf(events []eventType) ([]shape, error) {
	shapes := &shapeList{byName: map[string]shape{}}
	for _, event := range events {
		data := title(event.Name) + "Data"
		description := fmt.Sprintf("%s is the data of %s: %s", data, event.Name, lowerFirst(event.Description))
		if event.When != "" {
			description += " It is sent " + lowerFirst(event.When)
		}
		if err := shapes.add(data, description, event.Schema); err != nil {
			return nil, fmt.Errorf("%s: %w", event.Name, err)
		}
	}
	return shapes.inOrder, nil
}

type shapeList struct {
	inOrder []shape
	byName  map[string]shape
}

func (l *shapeList) add(name, description string, from schema) error {
	made := shape{name: name, description: description}
	for _, p := range from.Properties {
		f, err := l.field(p)
		if err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		made.fields = append(made.fields, f)
	}
	if known, ok := l.byName[name]; ok {
		if !reflect.DeepEqual(known.fields, made.fields) {
			return fmt.Errorf("two parts of the catalog would be called %s and are not alike", name)
		}
		return nil
	}
	l.byName[name] = made
	l.inOrder = append(l.inOrder, made)
	return nil
}

func (l *shapeList) field(p property) (field, error) {
	f := field{property: p}
	var err error
	if f.kind, err = p.schema.kind(); err != nil {
		return f, err
	}
	switch f.kind {
	case kindObject:
		f.part = title(p.name)
		err = l.add(f.part, f.part+": "+lowerFirst(p.schema.Description)+".", p.schema)
	case kindArray:
		if f.item, err = p.schema.Items.kind(); err != nil || f.item != kindObject {
			return f, err
		}
		f.part = title(strings.TrimSuffix(p.name, "s"))
		err = l.add(f.part, fmt.Sprintf("%s is one of %s.", f.part, p.name), *p.schema.Items)
	}
	return f, err
}

func title(name string) string { return strings.ToUpper(name[:1]) + name[1:] }

// lowerFirst makes a sentence fit for the middle of another. What begins with an abbreviation stays.
func lowerFirst(text string) string {
	if text == "" || len(text) > 1 && text[1] >= 'A' && text[1] <= 'Z' {
		return text
	}
	return strings.ToLower(text[:1]) + text[1:]
}

// wrap breaks text into lines of at most width characters, where it has spaces.
func wrap(text string, width int) []string {
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(text) {
		if line != "" && len(line)+1+len(word) > width {
			lines = append(lines, line)
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}
