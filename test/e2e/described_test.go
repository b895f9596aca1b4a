package e2e

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// description is the server's own OpenAPI document, which every answer that a script sees is held
// against. It is the same for all servers, so it is read once.
type description struct {
	mu       sync.Mutex
	once     sync.Once
	err      error
	document map[string]any
	compiler *jsonschema.Compiler
}

const documentURL = "http://bot9/openapi.json"

var described description

var parameter = regexp.MustCompile(`\\\{[^/]+\\\}`)

func (d *description) read(c *client) {
	got, err := c.call(context.Background(), http.MethodGet, "/api/openapi.json", nil)
	if err != nil {
		d.err = err
		return
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(got.body))
	if err != nil {
		d.err = err
		return
	}
	d.document = document.(map[string]any)
	d.compiler = jsonschema.NewCompiler()
	d.err = d.compiler.AddResource(documentURL, document)
}

// fits tells how an answer is something else than the document says of it. What it doesn't speak of
// fits.
func (d *description) fits(c *client, method, path string, got answer) error {
	if d.once.Do(func() { d.read(c) }); d.err != nil {
		return d.err
	}
	path, _, _ = strings.Cut(path, "?")
	template := d.template(path)
	media, _, _ := strings.Cut(got.header.Get("Content-Type"), ";")
	if template == "" || media != "application/json" {
		return nil
	}
	keys := []string{"paths", template, strings.ToLower(method), "responses", strconv.Itoa(got.status), "content", media, "schema"}
	pointer, node := "#", any(d.document)
	for _, key := range keys {
		object, _ := node.(map[string]any)
		if node = object[key]; node == nil {
			return fmt.Errorf("%s %s: the document says nothing of an answer %d", method, template, got.status)
		}
		pointer += "/" + strings.NewReplacer("~", "~0", "/", "~1", "{", "%7B", "}", "%7D").Replace(key)
	}
	d.mu.Lock() // stories run side by side, and neither compiling nor what is compiled later is for that
	defer d.mu.Unlock()
	schema, err := d.compiler.Compile(documentURL + pointer)
	if err != nil {
		return err
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(got.body))
	if err != nil {
		return err
	}
	if err := schema.Validate(value); err != nil {
		return fmt.Errorf("%s %s: the answer isn't what the document says: %w\n%s", method, template, err, got.body)
	}
	return nil
}

// template is the document's path that a request's path is of, the most literal one.
func (d *description) template(path string) (best string) {
	paths, _ := d.document["paths"].(map[string]any)
	for template := range paths {
		pattern := parameter.ReplaceAllString(regexp.QuoteMeta(template), "[^/]+")
		if regexp.MustCompile("^"+pattern+"$").MatchString(path) && (best == "" || strings.Count(template, "{") < strings.Count(best, "{")) {
			best = template
		}
	}
	return best
}
