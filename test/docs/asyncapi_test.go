package docs

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/catalog"
)

// asyncAPIHead is the part of docs/asyncapi.yaml that is the same whatever the catalog has. The form
// is that of https://www.asyncapi.com/docs/reference/specification/v3.0.0.
const asyncAPIHead = `# Made from internal/catalog by test/docs; go test ./test/docs -update writes it anew.
asyncapi: 3.0.0
info:
  title: Bot9 events
  version: %[1]q
  description: >-
    What happens in the conversations of a chatbot, as Bot9 tells it: by signed webhooks, and as a stream of
    server-sent events. Both carry the same envelope.
  license:
    name: Apache 2.0
    url: https://www.apache.org/licenses/LICENSE-2.0
defaultContentType: application/json
channels:
  webhook:
    address: null
    title: Webhook
    description: >-
      The URL of a webhook. Each event is a POST; any answer of 2xx acknowledges it, everything else is retried.
      Events of one conversation come in the order of sequence.
    messages:
%[2]s  stream:
    address: /api/{chatbotId}/events/stream
    title: Stream
    description: >-
      Server-sent events, live; each one's id is the event's ID, its event the type, its data the envelope. A client
      that comes back with Last-Event-ID gets what it missed, in order.
    parameters:
      chatbotId:
        description: The chatbot's ID
    messages:
%[2]soperations:
  deliver:
    action: send
    title: Deliver an event to a webhook
    channel:
      $ref: '#/channels/webhook'
    bindings:
      http:
        method: POST
        bindingVersion: 0.3.0
  stream:
    action: send
    title: Stream an event
    channel:
      $ref: '#/channels/stream'
    security:
      - $ref: '#/components/securitySchemes/key'
    bindings:
      http:
        method: GET
        bindingVersion: 0.3.0
components:
  securitySchemes:
    key:
      type: http
      scheme: bearer
      description: A secret key of the chatbot, bot9_sk_…
  messageTraits:
    delivery:
      headers:
        type: object
        description: Of a webhook's POST; a stream has none of them
        required: [webhook-id, webhook-timestamp, webhook-signature, bot9-event, bot9-webhook-id, bot9-attempt]
        properties:
          webhook-id:
            type: string
            description: The event's ID; the same at every attempt
          webhook-timestamp:
            type: string
            description: Unix seconds of this attempt
          webhook-signature:
            type: string
            description: '"v1," and the base64 HMAC-SHA256 of "id.timestamp.body", one per valid secret, separated by spaces'
          bot9-event:
            type: string
            description: The event type
          bot9-webhook-id:
            type: string
            description: The webhook
          bot9-attempt:
            type: string
            description: 1 for the first
  messages:
`

// asyncAPI is the AsyncAPI 3 document of the catalog's events.
func asyncAPI() (string, error) {
	var names, messages strings.Builder
	for _, kind := range catalog.All() {
		fmt.Fprintf(&names, "      %[1]s:\n        $ref: '#/components/messages/%[1]s'\n", kind.Name)
		message, err := asyncMessage(&kind)
		if err != nil {
			return "", fmt.Errorf("%s: %w", kind.Name, err)
		}
		messages.WriteString(message)
	}
	return fmt.Sprintf(asyncAPIHead, bot9.APIVersion, names.String()) + messages.String(), nil
}

// asyncMessage is the entry of one type under components.messages.
func asyncMessage(kind *catalog.Type) (string, error) {
	event, err := sampleEvent(kind)
	if err != nil {
		return "", err
	}
	data, err := fromJSON(kind.Schema)
	if err != nil {
		return "", err
	}
	dropKey(data, "$schema") // AsyncAPI's own schema language is a superset of what the catalog uses
	example, err := fromJSON(event.AppendEnvelope(nil))
	if err != nil {
		return "", err
	}
	described := func(text string) map[string]any { return map[string]any{"type": "string", "description": text} }
	payload := map[string]any{
		"type":     "object",
		"required": []string{"event", "data", "id", "createdAt", "apiVersion"},
		"properties": map[string]any{
			"event":          map[string]any{"type": "string", "const": kind.Name},
			"data":           data,
			"id":             described("The event's ID; sorts by time"),
			"createdAt":      map[string]any{"type": "string", "format": "date-time", "description": "When it was committed"},
			"apiVersion":     map[string]any{"type": "string", "const": bot9.APIVersion},
			"conversationId": described("The conversation; absent outside one"),
			"sequence":       map[string]any{"type": "integer", "minimum": 1, "description": "1, 2, 3 … within the conversation, without gaps"},
		},
	}
	message := map[string]any{
		"name": kind.Name, "title": kind.Description, "summary": kind.When,
		"traits":  []any{map[string]any{"$ref": "#/components/messageTraits/delivery"}},
		"payload": payload, "examples": []any{map[string]any{"payload": example}},
	}
	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	if err := encoder.Encode(map[string]any{kind.Name: message}); err != nil {
		return "", err
	}
	return "    " + strings.ReplaceAll(strings.TrimSpace(out.String()), "\n", "\n    ") + "\n", nil
}

// fromJSON reads JSON as YAML in block style, with its properties in their order.
func fromJSON(text []byte) (*yaml.Node, error) {
	var document yaml.Node
	if err := yaml.Unmarshal(text, &document); err != nil {
		return nil, err
	}
	plain(document.Content[0])
	return document.Content[0], nil
}

func plain(node *yaml.Node) {
	node.Style = 0
	for _, child := range node.Content {
		plain(child)
	}
}

func dropKey(node *yaml.Node, key string) {
	for i := 0; i < len(node.Content); i += 2 {
		if node.Content[i].Value == key {
			node.Content = append(node.Content[:i], node.Content[i+2:]...)
			return
		}
	}
}

// TestAsyncAPI checks the document's structure: every reference leads somewhere, every type of the
// catalog is a message of both channels, and each message's example fits its schema.
func TestAsyncAPI(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(root + "/docs/asyncapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var document map[string]any
	if err := yaml.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	checkReferences(t, document, document)
	messages := find(document, "#/components/messages").(map[string]any)
	if len(messages) != len(catalog.All()) {
		t.Errorf("%d messages for %d event types", len(messages), len(catalog.All()))
	}
	for _, kind := range catalog.All() {
		for _, channel := range []string{"webhook", "stream"} {
			if find(document, "#/channels/"+channel+"/messages/"+kind.Name) == nil {
				t.Errorf("the channel %s lacks %s", channel, kind.Name)
			}
		}
		payload := find(document, "#/components/messages/"+kind.Name+"/payload")
		examples, _ := find(document, "#/components/messages/"+kind.Name+"/examples").([]any)
		if payload == nil || len(examples) == 0 {
			t.Errorf("%s has no payload or no example", kind.Name)
			continue
		}
		if err := fits(payload, examples[0].(map[string]any)["payload"]); err != nil {
			t.Errorf("%s: %v", kind.Name, err)
		}
	}
}

func checkReferences(t *testing.T, document map[string]any, node any) {
	switch node := node.(type) {
	case map[string]any:
		if to, ok := node["$ref"].(string); ok && find(document, to) == nil {
			t.Errorf("%s leads nowhere", to)
		}
		for _, child := range node {
			checkReferences(t, document, child)
		}
	case []any:
		for _, child := range node {
			checkReferences(t, document, child)
		}
	}
}

// find returns what a reference like #/a/b names, nil if nothing.
func find(document map[string]any, reference string) any {
	var at any = document
	for key := range strings.SplitSeq(strings.TrimPrefix(reference, "#/"), "/") {
		inside, ok := at.(map[string]any)
		if !ok {
			return nil
		}
		at = inside[key]
	}
	return at
}

func fits(schema, value any) error {
	asJSON := func(v any) (any, error) { // the validator takes what its own decoder makes
		text, err := json.Marshal(v)
		if err != nil {
			return nil, err
		}
		return jsonschema.UnmarshalJSON(bytes.NewReader(text))
	}
	resource, err := asJSON(schema)
	if err != nil {
		return err
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("payload.json", resource); err != nil {
		return err
	}
	compiled, err := compiler.Compile("payload.json")
	if err != nil {
		return err
	}
	instance, err := asJSON(value)
	if err != nil {
		return err
	}
	return compiled.Validate(instance)
}
