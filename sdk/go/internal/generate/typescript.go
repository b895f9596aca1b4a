package main

import (
	"bytes"
	"fmt"
	"strings"
)

var typeScriptTypes = map[kind]string{
	kindString: "string", kindTime: "string", kindInteger: "number", kindNumber: "number",
	kindBoolean: "boolean", kindMap: "Record<string, string>", kindFree: "Record<string, unknown>",
}

func renderTypeScript(events []eventType, shapes []shape) ([]byte, error) {
	var b bytes.Buffer
	fmt.Fprintf(&b, "// %s\n", notice)
	for _, s := range shapes {
		b.WriteString("\n")
		typeScriptComment(&b, "", s.description)
		fmt.Fprintf(&b, "export interface %s {\n", s.name)
		for _, f := range s.fields {
			typeScriptComment(&b, "  ", f.schema.Description)
			optional := "?"
			if f.required {
				optional = ""
			}
			fmt.Fprintf(&b, "  %s%s: %s;\n", f.name, optional, typeScriptType(f))
		}
		b.WriteString("}\n")
	}
	b.WriteString("\n/** Which data each event type of the catalog has. */\nexport interface EventData {\n")
	for _, event := range events {
		fmt.Fprintf(&b, "  %s: %sData;\n", event.Name, title(event.Name))
	}
	b.WriteString("}\n\n/** The names of the catalog's event types. */\nexport const eventTypes = [\n")
	for _, event := range events {
		fmt.Fprintf(&b, "  %q,\n", event.Name)
	}
	b.WriteString("] as const satisfies readonly (keyof EventData)[];\n")
	return b.Bytes(), nil
}

func typeScriptComment(b *bytes.Buffer, indent, text string) {
	lines := wrap(text, 96)
	if len(lines) == 1 {
		if lines[0] != "" {
			fmt.Fprintf(b, "%s/** %s */\n", indent, lines[0])
		}
		return
	}
	fmt.Fprintf(b, "%s/**\n", indent)
	for _, line := range lines {
		fmt.Fprintf(b, "%s * %s\n", indent, line)
	}
	fmt.Fprintf(b, "%s */\n", indent)
}

func typeScriptType(f field) string {
	name := typeScriptTypes[f.kind]
	switch {
	case f.kind == kindObject:
		name = f.part
	case f.kind == kindArray && f.item == kindObject:
		name = f.part + "[]"
	case f.kind == kindArray:
		name = typeScriptTypes[f.item] + "[]"
	case len(f.schema.Enum) > 0:
		name = `"` + strings.Join(f.schema.Enum, `" | "`) + `"`
	}
	if f.schema.nullable() {
		name += " | null"
	}
	return name
}
