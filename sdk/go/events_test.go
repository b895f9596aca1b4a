package bot9hooks

import (
	"bytes"
	"encoding/json"
	"os"
	"reflect"
	"testing"
)

// allData has one value for each event type.
var allData = []Data{
	ActionExecutedData{},
	ActionFailedData{},
	AgentAssignedData{},
	AnswerNotFoundData{},
	ApiKeyRotatedData{},
	AuditRecordedData{},
	ConversationClosedData{},
	ConversationReopenedData{},
	ConversationReturnedToBotData{},
	ConversationStartedData{},
	ConversationStatusChangedData{},
	ConversationTaggedData{},
	CsatSubmittedData{},
	HandoverRequestedData{},
	KnowledgeUpdatedData{},
	LeadCapturedData{},
	MessageFailedData{},
	MessageRatedData{},
	MessageReceivedData{},
	MessageSentData{},
	NoteAddedData{},
	PingData{},
	UserIdentifiedData{},
	WebhookDisabledData{},
}

func TestTypesHoldTheCatalogsSamples(t *testing.T) {
	if len(allData) != len(EventTypes) {
		t.Fatalf("%d types for %d event types", len(allData), len(EventTypes))
	}
	for _, zero := range allData {
		t.Run(zero.EventType(), func(t *testing.T) {
			text, err := os.ReadFile("../../internal/catalog/events/" + zero.EventType() + ".json")
			if err != nil {
				t.Fatal(err)
			}
			var file struct{ Sample json.RawMessage }
			if err := json.Unmarshal(text, &file); err != nil {
				t.Fatal(err)
			}
			data := reflect.New(reflect.TypeOf(zero))
			decoder := json.NewDecoder(bytes.NewReader(file.Sample))
			decoder.DisallowUnknownFields()
			if err := decoder.Decode(data.Interface()); err != nil {
				t.Fatal(err)
			}
			again, err := json.Marshal(data.Interface())
			if err != nil {
				t.Fatal(err)
			}
			if want, got := withoutNulls(t, file.Sample), withoutNulls(t, again); !reflect.DeepEqual(want, got) {
				t.Errorf("the type keeps %v of %v", got, want)
			}
		})
	}
}

func withoutNulls(t *testing.T, text []byte) map[string]any {
	t.Helper()
	var object map[string]any
	if err := json.Unmarshal(text, &object); err != nil {
		t.Fatal(err)
	}
	for name, value := range object {
		if value == nil {
			delete(object, name)
		}
	}
	return object
}

func TestDataOfAnotherType(t *testing.T) {
	event := Event{Type: "ping", Data: json.RawMessage(`{"chatbotId":"bot_1"}`)}
	if _, err := DataOf[MessageReceivedData](event); CodeOf(err) != InvalidEvent {
		t.Errorf("error is %v, want %s", err, InvalidEvent)
	}
}
