package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/bot9/bot9/client"
)

const (
	storyName    = "conversation"
	maxTriggered = 100_000
	eventsAtOnce = 1000 // the API's limit
)

func (p *program) triggerCommand() *cobra.Command {
	var conversation, data string
	var count int
	var list bool
	command := p.calling("trigger EVENT", "Make sample events of a type, or play a whole conversation", cobra.MaximumNArgs(1),
		func(ctx context.Context, s *session, args []string) error {
			switch {
			case list:
				return s.listEventTypes(ctx)
			case len(args) == 0:
				return usagef("trigger takes an event type; bot9 trigger --list shows them")
			case args[0] == storyName:
				if conversation != "" || data != "" || count != 1 {
					return usagef("trigger %s plays one new conversation: it takes no --conversation, --data or --count", storyName)
				}
				return s.playConversation(ctx)
			case count < 1 || count > maxTriggered:
				return usagef("--count must be from 1 to %d", maxTriggered)
			}
			return s.trigger(ctx, args[0], conversation, data, count)
		})
	command.Example = "bot9 trigger messageReceived\nbot9 trigger messageReceived --data '{\"message\":\"Hi\"}' --count 10\nbot9 trigger custom.orderPlaced --data @order.json\nbot9 trigger conversation"
	command.Long = "Makes an event of the catalog's sample, or of --data, and sends it the way of every event:\n" +
		"to webhooks, to the log, to bot9 listen. `bot9 trigger conversation` plays a story instead:\n" +
		"a real conversation that starts, chats, is handed over to a human, and closes."
	flags := command.Flags()
	flags.StringVar(&conversation, "conversation", "", "give the event its place in this conversation")
	flags.StringVar(&data, "data", "", "the event's data as JSON, @file, or - for standard input; laid over the sample field by field")
	flags.IntVar(&count, "count", 1, "how many events to make")
	flags.BoolVar(&list, "list", false, "list the event types")
	command.ValidArgsFunction = func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return append(eventTypeNames(), storyName), cobra.ShellCompDirectiveNoFileComp
	}
	completeConversations(p, command, "conversation")
	return command
}

func (s *session) trigger(ctx context.Context, name, conversation, given string, count int) error {
	data, err := s.sampleData(ctx, name)
	if err != nil {
		return err
	}
	if data, err = overlay(s.command.InOrStdin(), data, given); err != nil {
		return err
	}
	for done := 0; done < count; {
		batch := make([]client.NewEvent, min(count-done, eventsAtOnce))
		for i := range batch {
			batch[i] = client.NewEvent{Event: name, Data: data, ConversationID: conversation}
		}
		ids, err := s.PostEvents(ctx, batch...)
		if err != nil {
			return err
		}
		done += len(ids)
		s.show(func() {
			if count == 1 {
				s.line("%s  %s", ids[0], name)
				return
			}
			s.line("%d of %d  %s … %s", done, count, ids[0], ids[len(ids)-1])
		})
	}
	return nil
}

// sampleData is the sample of a type of the catalog, empty for a type that has none. The server
// puts our chatbot's ID in the place of the sample's.
func (s *session) sampleData(ctx context.Context, name string) (json.RawMessage, error) {
	types, err := s.EventTypes(ctx)
	for _, eventType := range types.Data {
		if eventType.Name == name {
			return eventType.Sample, nil
		}
	}
	return nil, err
}

// overlay lays the fields of given (JSON, @file or -) over those of the sample.
func overlay(in io.Reader, sample json.RawMessage, given string) (json.RawMessage, error) {
	var text []byte
	var err error
	path, isFile := strings.CutPrefix(given, "@")
	switch {
	case given == "":
		return sample, nil
	case given == "-":
		text, err = io.ReadAll(in)
	case isFile:
		text, err = os.ReadFile(path)
	default:
		text = []byte(given)
	}
	if err != nil {
		return nil, usageError{err}
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(text, &fields); err != nil || fields == nil {
		return nil, usagef("--data must be a JSON object")
	}
	merged := map[string]json.RawMessage{}
	if len(sample) > 0 {
		if err := json.Unmarshal(sample, &merged); err != nil {
			return nil, err
		}
	}
	for name, value := range fields {
		merged[name] = value
	}
	return json.Marshal(merged)
}

func (s *session) listEventTypes(ctx context.Context) error {
	types, err := s.EventTypes(ctx)
	if err != nil {
		return err
	}
	s.show(func() {
		var rows [][]string
		for _, eventType := range types.Data {
			rows = append(rows, []string{eventType.Name, printable(eventType.Description)})
		}
		s.table([]string{"EVENT", "WHAT"}, rows)
	})
	return nil
}

// playConversation holds a whole conversation, which emits its events by itself.
func (s *session) playConversation(ctx context.Context) error {
	conversation, err := s.StartConversation(ctx, client.NewConversation{
		Source: "bot9-trigger", User: &client.EndUser{Name: "Ada Lovelace", ExternalID: "bot9-trigger"},
	})
	if err != nil {
		return err
	}
	id := conversation.ID
	tell := func(what string) {
		if !s.connection.json {
			s.line("%s  %s", id, what)
		}
	}
	steps := []struct {
		what string
		do   func() error
	}{
		{"user: How long does delivery take?", func() error {
			_, err := s.Chat(ctx, id, "How long does delivery take?", nil)
			return err
		}},
		{"user: Can I talk to a human?", func() error {
			_, err := s.Chat(ctx, id, "Can I talk to a human?", nil)
			return err
		}},
		{"Grace takes over", func() error {
			_, err := s.ChangeConversation(ctx, id, client.ConversationChange{Status: "needs_review", AgentID: "grace", AgentName: "Grace"})
			return err
		}},
		{"Grace: Two working days.", func() error {
			_, err := s.AppendMessage(ctx, id, client.NewMessage{ChatUser: "humanagent", Message: "Two working days.", AgentID: "grace", AgentName: "Grace"})
			return err
		}},
		{"closed", func() error {
			_, err := s.ChangeConversation(ctx, id, client.ConversationChange{Status: "closed", Reason: "answered"})
			return err
		}},
	}
	tell("started")
	for _, step := range steps {
		if err := step.do(); err != nil {
			return errors.Join(errors.New("the story broke off in "+id), err)
		}
		tell(step.what)
	}
	s.show(func() {})
	return nil
}
