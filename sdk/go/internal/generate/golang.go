package main

import (
	"bytes"
	"fmt"
	"go/format"
	"strings"
)

const notice = "Code generated from the event catalog by sdk/go/internal/generate. DO NOT EDIT."

// goTypes are the types of kinds that need no more than a name.
var goTypes = map[kind]string{
	kindString: "string", kindTime: "time.Time", kindInteger: "int64", kindNumber: "float64",
	kindBoolean: "bool", kindMap: "map[string]string", kindFree: "map[string]any",
}

func renderGo(events []eventType, shapes []shape) ([]byte, error) {
	var b bytes.Buffer
	fmt.Fprintf(&b, "// %s\n\npackage bot9hooks\n\nimport \"time\"\n\n", notice)
	b.WriteString("// EventTypes are the names of the catalog's event types.\nvar EventTypes = []string{\n")
	for _, event := range events {
		fmt.Fprintf(&b, "%q,\n", event.Name)
	}
	b.WriteString("}\n")
	for _, s := range shapes {
		b.WriteString("\n")
		for _, line := range wrap(s.description, 96) {
			fmt.Fprintf(&b, "// %s\n", line)
		}
		fmt.Fprintf(&b, "type %s struct {\n", s.name)
		for _, f := range s.fields {
			fmt.Fprintf(&b, "%s %s `json:\"%s%s\"`%s\n", goName(f.name), goType(f), f.name, goOmit(f), goComment(f))
		}
		b.WriteString("}\n")
	}
	for _, event := range events {
		fmt.Fprintf(&b, "\n// EventType returns %q.\nfunc (%sData) EventType() string { return %q }\n",
			event.Name, title(event.Name), event.Name)
	}
	return format.Source(b.Bytes())
}

func goType(f field) string {
	switch f.kind {
	case kindObject:
		return f.part
	case kindArray:
		if f.item == kindObject {
			return "[]" + f.part
		}
		return "[]" + goTypes[f.item]
	}
	return goTypes[f.kind]
}

// goOmit makes an absent property the zero value, in both directions.
func goOmit(f field) string {
	if f.required && !f.schema.nullable() {
		return ""
	}
	return ",omitzero"
}

func goComment(f field) string {
	text := f.schema.Description
	if len(f.schema.Enum) > 0 {
		text += ": " + strings.Join(f.schema.Enum, ", ")
	}
	if text == "" {
		return ""
	}
	return " // " + text
}

// goName turns a property's name into a field's, with initialisms as Go writes them.
func goName(name string) string {
	name = title(name)
	if name == "Id" {
		return "ID"
	}
	if before, ok := strings.CutSuffix(name, "Id"); ok {
		return before + "ID"
	}
	return name
}
