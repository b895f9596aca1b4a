package docs

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/catalog"
)

// outside are the types that belong to no conversation.
var outside = map[string]bool{
	catalog.KnowledgeUpdated: true, catalog.APIKeyRotated: true, catalog.WebhookDisabled: true, catalog.AuditRecorded: true, catalog.Ping: true,
}

func eventList() string {
	var out strings.Builder
	out.WriteString("| event | when |\n|---|---|\n")
	for _, kind := range catalog.All() {
		fmt.Fprintf(&out, "| [`%s`](#%s) | %s |\n", kind.Name, strings.ToLower(kind.Name), kind.When)
	}
	return out.String()
}

// events has a section for each type: what it means, its fields, a sample delivery.
func events() (string, error) {
	var out strings.Builder
	for _, kind := range catalog.All() {
		var s schema
		if err := yaml.Unmarshal(kind.Schema, &s); err != nil {
			return "", err
		}
		rows, err := propertyRows(&s, "")
		if err != nil {
			return "", err
		}
		sample, err := sampleEnvelope(&kind)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&out, "### %s\n\n%s\n\nIt fires %s\n\n| field of `data` | type | |\n|---|---|---|\n%s\n```json\n%s\n```\n\n",
			kind.Name, kind.Description, strings.ToLower(kind.When[:1])+kind.When[1:], rows, sample)
	}
	return out.String(), nil
}

// sampleEnvelope is a whole delivery of the type's sample, as a webhook's body has it but indented.
func sampleEnvelope(kind *catalog.Type) ([]byte, error) {
	event, err := sampleEvent(kind)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = json.Indent(&out, event.AppendEnvelope(nil), "", "  ")
	return out.Bytes(), err
}

func sampleEvent(kind *catalog.Type) (*bot9.Event, error) {
	event := &bot9.Event{Type: kind.Name, Data: kind.Sample}
	if err := event.ID.UnmarshalText([]byte("evt_38g4k4qoa000g")); err != nil {
		return nil, err
	}
	if outside[kind.Name] {
		return event, nil
	}
	event.Sequence = 7
	if kind.Name == catalog.ConversationStarted {
		event.Sequence = 1
	}
	return event, event.ConversationID.UnmarshalText([]byte("conv_38g4k4jvm0003"))
}
