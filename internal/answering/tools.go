package answering

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/shared"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/bot9/bot9/internal/bot9"
)

// askHuman is the tool by which a model hands over.
const askHuman = "request_human"

// toolbox is what a model may ask for.
type toolbox struct {
	declared []openai.ChatCompletionToolUnionParam
	byName   map[string]*tool
	human    bool
}

// tool is a custom action as a model sees it.
type tool struct {
	action     bot9.CustomAction
	parameters map[string]any // JSON Schema
	schema     *jsonschema.Schema
}

// notToolName is what OpenAI's protocol doesn't allow in a name.
var notToolName = regexp.MustCompile(`[^a-zA-Z0-9_-]+`)

// ToolName is what a model calls an action: its name, with what the protocol doesn't allow replaced.
func ToolName(name string) string {
	const longest = 64
	clean := strings.Trim(notToolName.ReplaceAllString(name, "_"), "_")
	return clean[:min(len(clean), longest)]
}

func newToolbox(actions []bot9.CustomAction, human bool) toolbox {
	box := toolbox{byName: map[string]*tool{}, human: human}
	for _, action := range actions {
		made, err := newTool(action)
		name := ToolName(action.Name)
		if err != nil || name == "" || name == askHuman || box.byName[name] != nil {
			continue // it was checked when it was made; of two with one name the older counts
		}
		box.byName[name] = made
		box.declared = append(box.declared, openai.ChatCompletionFunctionTool(shared.FunctionDefinitionParam{
			Name: name, Description: openai.String(action.Description), Parameters: made.parameters,
		}))
	}
	if human {
		box.declared = append(box.declared, openai.ChatCompletionFunctionTool(shared.FunctionDefinitionParam{
			Name: askHuman, Description: openai.String("Hands the conversation to a person. Use it when the visitor wants one, or has a complaint or an emergency that only a person can handle."),
			Parameters: map[string]any{
				"type": "object", "properties": map[string]any{"reason": map[string]any{"type": "string", "description": "Why, in a few words"}}, "required": []string{"reason"},
			},
		}))
	}
	return box
}

func newTool(action bot9.CustomAction) (*tool, error) {
	t := &tool{action: action}
	parameters, err := Parameters(&action.Meta)
	if err != nil {
		return nil, err
	}
	t.parameters = parameters
	if t.schema, err = compile(parameters); err != nil {
		return nil, err
	}
	return t, nil
}

// title is what an end user is told that the action does.
func (t *tool) title() string {
	if t.action.Description != "" {
		return t.action.Name + " – " + t.action.Description
	}
	return t.action.Name
}

// parse reads a call's arguments; problem says what is wrong with them.
func (t *tool) parse(text string) (arguments map[string]any, problem string) {
	if strings.TrimSpace(text) == "" {
		text = "{}"
	}
	if err := json.Unmarshal([]byte(text), &arguments); err != nil || arguments == nil {
		return nil, "the arguments are no JSON object."
	}
	return t.check(arguments)
}

// check validates arguments by the schema.
func (t *tool) check(arguments map[string]any) (checked map[string]any, problem string) {
	// The validator wants what its own decoder makes of numbers.
	plain, err := jsonschema.UnmarshalJSON(strings.NewReader(encode(arguments)))
	if err != nil {
		return nil, "the arguments are no JSON object."
	}
	if err := t.schema.Validate(plain); err != nil {
		return nil, "the arguments don't fit the schema: " + oneLine(err.Error())
	}
	return arguments, ""
}

func encode(value any) string {
	encoded, err := json.Marshal(value)
	if err != nil {
		return "null"
	}
	return string(encoded)
}

func compile(parameters map[string]any) (*jsonschema.Schema, error) {
	plain, err := jsonschema.UnmarshalJSON(strings.NewReader(encode(parameters)))
	if err != nil {
		return nil, err
	}
	compiler := jsonschema.NewCompiler()
	compiler.UseLoader(jsonschema.SchemeURLLoader{}) // a schema loads nothing from anywhere
	if err := compiler.AddResource("parameters.json", plain); err != nil {
		return nil, err
	}
	return compiler.Compile("parameters.json")
}

var placeholder = regexp.MustCompile(`\{\{\s*([A-Za-z_][A-Za-z0-9_.]{0,63})\s*\}\}`)

// placeholdersIn lists the names of the placeholders in a text, those that the server fills in apart.
func placeholdersIn(text string) (names []string) {
	for _, found := range placeholder.FindAllStringSubmatch(text, -1) {
		if _, ok := given[found[1]]; !ok && !slices.Contains(names, found[1]) {
			names = append(names, found[1])
		}
	}
	return names
}

// given are the placeholders that the server fills in: no model has a say in who somebody is.
var given = variablesOf(&bot9.Question{})

func variablesOf(q *bot9.Question) map[string]string {
	return map[string]string{
		"user.externalId": q.User.ExternalID, "user.emailId": q.User.EmailID, "user.name": q.User.Name, "user.phone": q.User.Phone,
		"conversationId": q.ConversationID.String(), "chatbotId": q.ChatbotID.String(), "message": q.Text,
	}
}

var jsonTypes = []string{"string", "number", "integer", "boolean", "array", "object"}

// Parameters is the JSON Schema of an action's arguments: the one that it brings, or one made from its parameters and
// placeholders, all of which a call has to fill in.
func Parameters(m *bot9.ActionMeta) (map[string]any, error) {
	if m.Parameters != "" {
		var own map[string]any
		if err := json.Unmarshal([]byte(m.Parameters), &own); err != nil || own["type"] != "object" {
			return nil, fmt.Errorf("parameters must be a JSON Schema of an object")
		}
		return own, nil
	}
	properties, required := map[string]any{}, []string{}
	add := func(name, kind, description string) {
		if !slices.Contains(jsonTypes, kind) {
			kind = "string"
		}
		known, ok := properties[name].(map[string]any)
		if !ok {
			properties[name] = map[string]any{"type": kind, "description": description}
			required = append(required, name)
		} else if known["description"] == "" {
			known["type"], known["description"] = kind, description
		}
	}
	for _, p := range slices.Concat(m.PathParams, m.QueryParams, m.Body) {
		text, isText := p.Value.(string)
		switch names := placeholdersIn(text); {
		case p.Value == nil || isText && text == "":
			add(p.Key, p.Type, p.Description)
		case isText && len(names) == 1 && strings.TrimSpace(placeholder.ReplaceAllString(text, "")) == "":
			add(names[0], p.Type, p.Description)
		default:
			for _, name := range names {
				add(name, "string", p.Description)
			}
		}
	}
	texts := []string{m.URL}
	for _, name := range slices.Sorted(maps.Keys(m.Headers)) {
		texts = append(texts, m.Headers[name])
	}
	for _, text := range texts {
		for _, name := range placeholdersIn(text) {
			add(name, "string", "")
		}
	}
	slices.Sort(required)
	return map[string]any{"type": "object", "properties": properties, "required": required, "additionalProperties": false}, nil
}

// describeArguments shows an end user what an action would be called with.
func describeArguments(arguments map[string]any) string {
	const longest = 200 // characters of each
	if len(arguments) == 0 {
		return ""
	}
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(arguments)) {
		value, ok := arguments[name].(string)
		if !ok {
			value = encode(arguments[name])
		}
		parts = append(parts, name+": "+bot9.Beginning(oneLine(withoutLinks(value, func(string) bool { return false })), longest))
	}
	return " (" + strings.Join(parts, ", ") + ")"
}

func reasonOf(arguments string) string {
	const longest = 200 // characters
	var in struct{ Reason string }
	if json.Unmarshal([]byte(arguments), &in) != nil || strings.TrimSpace(in.Reason) == "" {
		return "it saw a need for a person"
	}
	return bot9.Beginning(oneLine(in.Reason), longest)
}
