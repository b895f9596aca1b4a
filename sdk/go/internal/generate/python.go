package main

import (
	"bytes"
	"fmt"
	"strings"
)

var pythonTypes = map[kind]string{
	kindString: "str", kindTime: "str", kindInteger: "int", kindNumber: "float",
	kindBoolean: "bool", kindMap: "Dict[str, str]", kindFree: "Dict[str, Any]",
}

// renderPython writes TypedDicts that work from Python 3.9 on, which has no NotRequired: what is
// required goes into a base class of the one with the name.
func renderPython(events []eventType, shapes []shape) ([]byte, error) {
	var b bytes.Buffer
	fmt.Fprintf(&b, "# %s\n", notice)
	b.WriteString("\"\"\"The events of the catalog as types.\"\"\"\n\n")
	b.WriteString("from typing import Any, Callable, Dict, List, Literal, Optional, Protocol, TypedDict, TypeVar, Union, overload\n")
	for _, s := range shapes {
		pythonShape(&b, s)
	}
	for _, event := range events {
		name := title(event.Name)
		fmt.Fprintf(&b, "\n\nclass _%sRequired(TypedDict):\n    event: Literal[%q]\n    data: %sData\n", name, event.Name, name)
		b.WriteString("    id: str\n    createdAt: str\n    apiVersion: str\n")
		fmt.Fprintf(&b, "\n\nclass %sEvent(_%sRequired, total=False):\n", name, name)
		fmt.Fprintf(&b, "    \"\"\"A delivery's body whose event is %s.\"\"\"\n\n", event.Name)
		b.WriteString("    conversationId: str\n    sequence: int\n")
	}
	b.WriteString("\n\nCatalogEvent = Union[\n")
	for _, event := range events {
		fmt.Fprintf(&b, "    %sEvent,\n", title(event.Name))
	}
	b.WriteString("]\n\nEVENT_TYPES = (\n")
	for _, event := range events {
		fmt.Fprintf(&b, "    %q,\n", event.Name)
	}
	b.WriteString(")\n")
	pythonRoutes(&b, events)
	return b.Bytes(), nil
}

// pythonKeywords are the property names that can't be written as a class's attribute.
var pythonKeywords = map[string]bool{"from": true, "in": true, "is": true, "not": true, "or": true, "and": true, "as": true, "class": true, "global": true, "pass": true}

func pythonShape(b *bytes.Buffer, s shape) {
	var required, optional []field
	keyword := false
	for _, f := range s.fields {
		keyword = keyword || pythonKeywords[f.name]
		if f.required {
			required = append(required, f)
		} else {
			optional = append(optional, f)
		}
	}
	base, total, own := "TypedDict", "", required
	if (keyword || len(optional) > 0) && len(required) > 0 {
		base, own = "_"+s.name+"Required", nil
		pythonBase(b, base, required, keyword)
	}
	if len(optional) > 0 {
		total, own = ", total=False", optional
	}
	fmt.Fprintf(b, "\n\nclass %s(%s%s):\n", s.name, base, total)
	lines := wrap(s.description, 96)
	fmt.Fprintf(b, "    \"\"\"%s", strings.Join(lines, "\n    "))
	if len(lines) > 1 {
		b.WriteString("\n    ")
	}
	b.WriteString("\"\"\"\n")
	if len(own) > 0 {
		b.WriteString("\n")
	}
	pythonFields(b, own)
}

func pythonBase(b *bytes.Buffer, name string, fields []field, keyword bool) {
	if !keyword {
		fmt.Fprintf(b, "\n\nclass %s(TypedDict):\n", name)
		pythonFields(b, fields)
		return
	}
	fmt.Fprintf(b, "\n\n%s = TypedDict(\n    %q,\n    {\n", name, name)
	for _, f := range fields {
		if f.schema.Description != "" {
			fmt.Fprintf(b, "        # %s\n", f.schema.Description)
		}
		fmt.Fprintf(b, "        %q: %s,\n", f.name, pythonType(f))
	}
	b.WriteString("    },\n)\n")
}

func pythonFields(b *bytes.Buffer, fields []field) {
	for _, f := range fields {
		if f.schema.Description != "" {
			fmt.Fprintf(b, "    # %s\n", f.schema.Description)
		}
		fmt.Fprintf(b, "    %s: %s\n", f.name, pythonType(f))
	}
}

func pythonType(f field) string {
	name := pythonTypes[f.kind]
	switch {
	case f.kind == kindObject:
		name = f.part
	case f.kind == kindArray && f.item == kindObject:
		name = "List[" + f.part + "]"
	case f.kind == kindArray:
		name = "List[" + pythonTypes[f.item] + "]"
	case len(f.schema.Enum) > 0:
		name = `Literal["` + strings.Join(f.schema.Enum, `", "`) + `"]`
	}
	if f.schema.nullable() {
		name = "Optional[" + name + "]"
	}
	return name
}

// pythonRoutes writes the part of the handler that functions are given to, so that type checkers
// know which event each function gets.
func pythonRoutes(b *bytes.Buffer, events []eventType) {
	b.WriteString(`

_E = TypeVar("_E")
_R = TypeVar("_R")


class _Register(Protocol[_E]):
    def __call__(self, function: Callable[[_E], _R], /) -> Callable[[_E], _R]: ...


class Routes:
    """Which function is called for which event."""

    def __init__(self) -> None:
        self._functions: Dict[str, Callable[[Any], Any]] = {}
        self._other: Optional[Callable[[Any], Any]] = None
`)
	for _, event := range events {
		fmt.Fprintf(b, "\n    @overload\n    def on(self, event: Literal[%q]) -> _Register[%sEvent]: ...\n",
			event.Name, title(event.Name))
	}
	b.WriteString(`
    @overload
    def on(self, event: str) -> _Register[Any]: ...

    def on(self, event: str) -> Any:
        """Decorates the function that is called for each event of this type, which may be one of
        your own custom.* types. If it raises, the answer is 500, so that Bot9 sends the event
        again. The function given last for a type counts.
        """

        def register(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
            self._functions[event] = function
            return function

        return register

    def on_other(self, function: Callable[[Any], _R]) -> Callable[[Any], _R]:
        """Decorates the function that is called for each event that no other function was given
        for. Without it they are acknowledged and ignored.
        """
        self._other = function
        return function

    def function_for(self, event: str) -> Optional[Callable[[Any], Any]]:
        """The function to call for an event of this type, None if there is none."""
        return self._functions.get(event, self._other)
`)
}
