package catalog_test

import (
	"bytes"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/catalog"
)

const base = "message sender chatbotId messageId senderType source externalSessionId"

// contract is the event catalog as it is promised to integrators: names, in order, and the data of each.
var contract = []struct {
	name string
	data string // its properties, in order
	made catalog.Data
}{
	{"conversationStarted", "chatbotId user source externalSessionId", &catalog.ConversationStartedData{}},
	{"messageReceived", base + " attachments", &catalog.MessageData{}},
	{"messageSent", base + " attachments inReplyTo sources suggestions", &catalog.MessageSentData{}},
	{"messageFailed", base + " error", &catalog.MessageFailedData{}},
	{"answerNotFound", base + " topScore", &catalog.AnswerNotFoundData{}},
	{"handoverRequested", "chatbotId reason requestedBy recentMessages", &catalog.HandoverRequestedData{}},
	{"agentAssigned", "chatbotId agentId agentName", &catalog.AgentAssignedData{}},
	{"conversationReturnedToBot", "chatbotId by", &catalog.ConversationReturnedToBotData{}},
	{"conversationStatusChanged", "chatbotId from to by reason", &catalog.ConversationStatusChangedData{}},
	{"conversationClosed", "chatbotId closedBy messageCount", &catalog.ConversationClosedData{}},
	{"conversationReopened", "chatbotId by", &catalog.ConversationReopenedData{}},
	{"conversationTagged", "chatbotId tags added removed", &catalog.ConversationTaggedData{}},
	{"userIdentified", "chatbotId user changed", &catalog.UserIdentifiedData{}},
	{"leadCaptured", "chatbotId name emailId phone fields", &catalog.LeadCapturedData{}},
	{"messageRated", "chatbotId messageId rating", &catalog.MessageRatedData{}},
	{"csatSubmitted", "chatbotId score comment handledBy", &catalog.CSATSubmittedData{}},
	{"knowledgeUpdated", "chatbotId documentId change", &catalog.KnowledgeUpdatedData{}},
	{"apiKeyRotated", "chatbotId keyId graceUntil", &catalog.APIKeyRotatedData{}},
	{"webhookDisabled", "chatbotId webhookId reason", &catalog.WebhookDisabledData{}},
	{"noteAdded", "chatbotId conversationId noteId note authorId authorName", &catalog.NoteAddedData{}},
	{"actionExecuted", "chatbotId actionId name messageId milliseconds request response", &catalog.ActionExecutedData{}},
	{"actionFailed", "chatbotId actionId name messageId milliseconds request response error", &catalog.ActionFailedData{}},
	{"auditRecorded", "chatbotId auditId at actor action object changes", &catalog.AuditRecordedData{}},
	{"ping", "chatbotId webhookId", &catalog.PingData{}},
}

func TestCatalogIsWhatTheContractPromises(t *testing.T) {
	all := catalog.All()
	var names, promised []string
	for _, event := range all {
		names = append(names, event.Name)
	}
	for _, event := range contract {
		promised = append(promised, event.name)
	}
	if diff := cmp.Diff(promised, names); diff != "" {
		t.Fatalf("names (-contract +catalog):\n%s", diff)
	}
	files, err := os.ReadDir("events")
	if err != nil || len(files) != len(contract) {
		t.Errorf("events/ has %d files (%v), the catalog %d types", len(files), err, len(contract))
	}
	for i, event := range contract {
		if got := propertyOrder(t, all[i].Sample); got != event.data {
			t.Errorf("%s: the sample has %q, the contract says %q", event.name, got, event.data)
		}
		if got := event.made.EventType(); got != event.name {
			t.Errorf("%T is data of %s, want %s", event.made, got, event.name)
		}
		if all[i].Description == "" || all[i].When == "" {
			t.Errorf("%s: no description, or nothing said of when it fires", event.name)
		}
	}
}

// propertyOrder returns the names of an object's properties as they stand in it.
func propertyOrder(t *testing.T, object []byte) string {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(object))
	if _, err := decoder.Token(); err != nil {
		t.Fatal(err)
	}
	var names []string
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, name.(string))
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			t.Fatal(err)
		}
	}
	return strings.Join(names, " ")
}

func TestSchemaListsAndDescribesWhatTheSampleHas(t *testing.T) {
	for _, event := range catalog.All() {
		var schema struct {
			Title      string
			Required   []string
			Properties map[string]struct {
				Description string
				Type        any
			}
		}
		if err := json.Unmarshal(event.Schema, &schema); err != nil {
			t.Fatal(err)
		}
		if schema.Title != event.Name {
			t.Errorf("%s: its schema is titled %q", event.Name, schema.Title)
		}
		names := strings.Fields(propertyOrder(t, event.Sample))
		if len(names) != len(schema.Properties) {
			t.Errorf("%s: %d properties in the sample, %d in the schema", event.Name, len(names), len(schema.Properties))
		}
		for _, name := range names {
			property, ok := schema.Properties[name]
			if !ok || property.Description == "" {
				t.Errorf("%s.%s is not described by the schema", event.Name, name)
			}
			types, _ := property.Type.([]any)
			nullable := slices.Contains(types, any("null"))
			if slices.Contains(schema.Required, name) == nullable {
				t.Errorf("%s.%s: must be required unless it may be null", event.Name, name)
			}
		}
	}
}

// A struct, its schema and its sample can't drift apart: the sample goes through the struct
// and comes back byte for byte, and each makes something that the schema takes.
func TestStructsSamplesAndSchemasAgree(t *testing.T) {
	for _, event := range contract {
		t.Run(event.name, func(t *testing.T) {
			known, ok := catalog.Lookup(event.name)
			if !ok {
				t.Fatal("not in the catalog")
			}
			decoder := json.NewDecoder(bytes.NewReader(known.Sample))
			decoder.DisallowUnknownFields()
			if err := decoder.Decode(event.made); err != nil {
				t.Fatalf("the sample doesn't fit the struct: %v", err)
			}
			written := catalog.Event(0, event.made)
			if diff := cmp.Diff(string(known.Sample), string(written.Data)); diff != "" {
				t.Errorf("the struct writes another thing than the sample (-sample +struct):\n%s", diff)
			}
			checked, err := catalog.Validate(written.Type, written.Data)
			if err != nil {
				t.Fatalf("the schema refuses its sample: %v", err)
			}
			if !bytes.Equal(checked, known.Sample) {
				t.Errorf("Validate changed it to %s", checked)
			}
		})
	}
}

func TestEventKeepsTextAsWritten(t *testing.T) {
	event := catalog.Event(7, catalog.MessageData{Message: `<b>&"ünï"</b>`, ChatbotID: 1 << 40})
	if event.Type != "messageReceived" || event.ConversationID != 7 {
		t.Errorf("got %s in %v", event.Type, event.ConversationID)
	}
	want := `{"message":"<b>&\"ünï\"</b>","sender":"","chatbotId":"` + bot9.ChatbotID(1<<40).String() +
		`","messageId":"","senderType":"","source":"","externalSessionId":null}`
	if diff := cmp.Diff(want, string(event.Data)); diff != "" {
		t.Error(diff)
	}
}

func TestAllGivesAListOfItsOwn(t *testing.T) {
	catalog.All()[0].Name = "changed"
	if got := catalog.All()[0].Name; got != "conversationStarted" {
		t.Errorf("a caller changed the catalog: %s", got)
	}
}

func TestValidSubscription(t *testing.T) {
	for name, want := range map[string]bool{
		"*": true, "custom.*": true, "messageReceived": true, "ping": true, "custom.order-shipped.v2_A": true,
		"custom." + strings.Repeat("x", 64): true, "custom." + strings.Repeat("x", 65): false,
		"": false, "message*": false, "custom.": false, "custom": false, "custom.a*": false, "custom.a b": false,
		"MessageReceived": false, "custom.ä": false, "custom.a\n": false, "other.thing": false,
	} {
		if got := catalog.ValidSubscription(name); got != want {
			t.Errorf("ValidSubscription(%q) = %v", name, got)
		}
	}
}
