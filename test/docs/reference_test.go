package docs

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/bot9/bot9/internal/bot9"
)

// openAPI is what the guides take from api/openapi.yaml.
type openAPI struct {
	Tags []struct {
		Name        string `yaml:"name"`
		Description string `yaml:"description"`
	} `yaml:"tags"`
	Paths      map[string]map[string]operation `yaml:"paths"`
	Components struct {
		Schemas map[string]schema `yaml:"schemas"`
	} `yaml:"components"`
}

type operation struct {
	Tags        []string  `yaml:"tags"`
	Summary     string    `yaml:"summary"`
	Description string    `yaml:"description"`
	Security    yaml.Node `yaml:"security"`
}

type schema struct {
	Type        any       `yaml:"type"`
	Format      string    `yaml:"format"`
	Pattern     string    `yaml:"pattern"`
	Description string    `yaml:"description"`
	Enum        []string  `yaml:"enum"`
	Ref         string    `yaml:"$ref"`
	Items       *schema   `yaml:"items"`
	Properties  yaml.Node `yaml:"properties"`
	Required    []string  `yaml:"required"`
}

func readOpenAPI() (document openAPI, err error) {
	text, err := os.ReadFile(root + "/api/openapi.yaml")
	if err != nil {
		return document, err
	}
	return document, yaml.Unmarshal(text, &document)
}

var methods = []string{"get", "post", "put", "patch", "delete"}

// operations lists every operation by tag, with who may call it.
func operations() (string, error) {
	document, err := readOpenAPI()
	if err != nil {
		return "", err
	}
	var out strings.Builder
	for _, tag := range document.Tags {
		fmt.Fprintf(&out, "### %s\n\n%s\n\n| call | what | who |\n|---|---|---|\n", tag.Name, tag.Description)
		paths := make([]string, 0, len(document.Paths))
		for path := range document.Paths {
			paths = append(paths, path)
		}
		slices.Sort(paths)
		for _, path := range paths {
			for _, method := range methods {
				if o, ok := document.Paths[path][method]; ok && slices.Contains(o.Tags, tag.Name) {
					fmt.Fprintf(&out, "| `%s %s` | %s | %s |\n", strings.ToUpper(method), path, o.what(), o.who())
				}
			}
		}
		out.WriteString("\n")
	}
	return out.String(), nil
}

var role = regexp.MustCompile(`\n*Takes (the role|a person)(?: who is logged in and has the role)? (\w+) or a stronger one; .*$`)

// what is the summary, and the description where it says more.
func (o *operation) what() string {
	text := strings.TrimSpace(role.ReplaceAllString(o.Description, ""))
	text = strings.ReplaceAll(text, "\n", " ")
	if text == "" {
		return o.Summary
	}
	return o.Summary + ". " + text
}

// who tells who may call, as the description ends.
func (o *operation) who() string {
	found := role.FindStringSubmatch(o.Description)
	switch {
	case found == nil:
		return "anybody"
	case found[1] == "a person":
		return found[2] + ", no key"
	}
	return found[2] + " or key"
}

const tableHead = "| field | type | |\n|---|---|---|\n"

// fields is the table of a schema's properties.
func fields(name string) (string, error) {
	document, err := readOpenAPI()
	if err != nil {
		return "", err
	}
	s, ok := document.Components.Schemas[name]
	if !ok {
		return "", fmt.Errorf("api/openapi.yaml has no schema %q", name)
	}
	rows, err := propertyRows(&s, "")
	return tableHead + rows, err
}

// propertyRows has one row per property, required ones first as the schema lists them. A property
// that is an object of its own follows as "outer.inner".
func propertyRows(s *schema, prefix string) (string, error) {
	properties := map[string]schema{}
	if err := s.Properties.Decode(&properties); err != nil {
		return "", err
	}
	var names []string
	for i := 0; i < len(s.Properties.Content); i += 2 {
		names = append(names, s.Properties.Content[i].Value)
	}
	slices.SortStableFunc(names, func(a, b string) int { return rank(s.Required, a) - rank(s.Required, b) })
	var out strings.Builder
	for _, name := range names {
		p := properties[name]
		kind := p.typeName()
		if !slices.Contains(s.Required, name) {
			kind += ", optional"
		}
		fmt.Fprintf(&out, "| `%s` | %s | %s |\n", prefix+name, kind, strings.ReplaceAll(p.Description, "|", "\\|"))
		inner, at := &p, prefix+name+"."
		if p.Items != nil {
			inner, at = p.Items, prefix+name+"[]."
		}
		if len(inner.Properties.Content) > 0 {
			rows, err := propertyRows(inner, at)
			if err != nil {
				return "", err
			}
			out.WriteString(rows)
		}
	}
	return out.String(), nil
}

func rank(required []string, name string) int {
	if i := slices.Index(required, name); i >= 0 {
		return i
	}
	return len(required)
}

var idPattern = regexp.MustCompile(`^\^([a-z]+)_\[`)

func (s *schema) typeName() string {
	switch {
	case s.Ref != "":
		return s.Ref[strings.LastIndexByte(s.Ref, '/')+1:]
	case len(s.Enum) > 0:
		return "`" + strings.Join(s.Enum, "` `") + "`"
	case idPattern.MatchString(s.Pattern):
		return "ID `" + idPattern.FindStringSubmatch(s.Pattern)[1] + "_…`"
	case s.Format == "date-time":
		return "time"
	case s.Items != nil:
		return "list of " + s.Items.typeName()
	}
	if either, ok := s.Type.([]any); ok {
		words := make([]string, len(either))
		for i := range either {
			words[i] = fmt.Sprint(either[i])
		}
		return strings.Join(words, " or ")
	}
	return fmt.Sprint(s.Type)
}

// schedule is the table of the default retries.
func schedule() string {
	var out strings.Builder
	out.WriteString("| attempt | waits after the one before | at the earliest after the first |\n|---|---|---|\n| 1 | | |\n")
	var total time.Duration
	for i, wait := range bot9.DefaultRetrySchedule {
		total += wait
		fmt.Fprintf(&out, "| %d | %s | %s |\n", i+2, inWords(wait), inWords(total))
	}
	return out.String()
}

func inWords(d time.Duration) string {
	var words []string
	for _, unit := range []struct {
		length time.Duration
		name   string
	}{{time.Hour, "h"}, {time.Minute, "min"}, {time.Second, "s"}} {
		if n := d / unit.length; n > 0 {
			words = append(words, fmt.Sprintf("%d %s", n, unit.name))
			d -= n * unit.length
		}
	}
	return strings.Join(words, " ")
}
