package main

import (
	"context"
	"encoding/json"
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
	var conversation, data, story string
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
				return s.play(ctx, firstOf(story, stories[0].name))
			case story != "":
				return usagef("--story is for trigger %s", storyName)
			case count < 1 || count > maxTriggered:
				return usagef("--count must be from 1 to %d", maxTriggered)
			}
			return s.trigger(ctx, args[0], conversation, data, count)
		})
	command.Example = "bot9 trigger messageReceived\nbot9 trigger messageReceived --data '{\"message\":\"Hi\"}' --count 10\nbot9 trigger custom.orderPlaced --data @order.json\nbot9 trigger conversation\nbot9 trigger conversation --story answered"
	command.Long = "Makes an event of the catalog's sample, or of --data, and sends it the way of every event:\n" +
		"to webhooks, to the log, to bot9 listen. `bot9 trigger conversation` plays a story instead, as a real\n" +
		"conversation with all the events that it brings. The stories:\n\n" + storyList()
	flags := command.Flags()
	flags.StringVar(&conversation, "conversation", "", "give the event its place in this conversation")
	flags.StringVar(&data, "data", "", "the event's data as JSON, @file, or - for standard input; laid over the sample field by field")
	flags.IntVar(&count, "count", 1, "how many events to make")
	flags.BoolVar(&list, "list", false, "list the event types")
	flags.StringVar(&story, "story", "", "which story trigger "+storyName+" plays (default "+stories[0].name+")")
	command.ValidArgsFunction = func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return append(eventTypeNames(), storyName), cobra.ShellCompDirectiveNoFileComp
	}
	completeConversations(p, command, "conversation")
	completeValues(command, "story", storyNames()...)
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
