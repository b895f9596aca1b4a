package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/bot9/bot9/client"
)

func (p *program) eventsCommand() *cobra.Command {
	get := p.calling("get EVENT", "Show an event's envelope", cobra.ExactArgs(1), func(ctx context.Context, s *session, args []string) error {
		event, err := s.Event(ctx, args[0])
		if err != nil {
			return err
		}
		s.show(func() { s.printEnvelope(&event) })
		return nil
	})
	return group("events", "Look at events", p.listEventsCommand(), get, p.tailCommand(),
		p.calling("types", "List the event types", cobra.NoArgs, func(ctx context.Context, s *session, _ []string) error {
			return s.listEventTypes(ctx)
		}))
}

// pageFlags ask for a part of a list.
type pageFlags struct{ client.Page }

func (p *pageFlags) add(command *cobra.Command) {
	command.Flags().Var((*limitFlag)(&p.Limit), "limit", "how many at most, 1 to 250 (default 50)")
	command.Flags().StringVar(&p.Cursor, "cursor", "", "where the page before ended")
}

// limitFlag is how long a page may be; 0 leaves it to the server.
type limitFlag int

// String implements pflag.Value.
func (l *limitFlag) String() string { return number(int(*l)) }

// Type implements pflag.Value.
func (*limitFlag) Type() string { return "int" }

// Set implements pflag.Value.
func (l *limitFlag) Set(text string) error {
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > 250 {
		return errors.New("it must be from 1 to 250")
	}
	*l = limitFlag(n)
	return nil
}

func (p *program) listEventsCommand() *cobra.Command {
	var filter client.EventFilter
	var since, until momentFlag
	var page pageFlags
	command := p.calling("list", "List events, newest first", cobra.NoArgs, func(ctx context.Context, s *session, _ []string) error {
		filter.Since, filter.Until = since.Time, until.Time
		events, err := s.Events(ctx, filter, page.Page)
		if err != nil {
			return err
		}
		s.show(func() {
			var rows [][]string
			for _, e := range events.Data {
				rows = append(rows, []string{e.ID, clock(e.CreatedAt), printable(e.Type), e.ConversationID, number(e.Sequence)})
			}
			s.table([]string{"EVENT", "TIME", "TYPE", "CONVERSATION", "SEQUENCE"}, rows)
			s.more(events.NextCursor)
		})
		return nil
	})
	flags := command.Flags()
	flags.StringVar(&filter.Type, "event", "", "only this type")
	flags.StringVar(&filter.ConversationID, "conversation", "", "only of this conversation")
	flags.StringVar(&filter.After, "after", "", "only after the event with this ID, oldest first")
	flags.Var(&since, "since", "of this time or later: "+momentHelp)
	flags.Var(&until, "until", "before this time")
	page.add(command)
	completeEventTypes(command, "event")
	completeConversations(p, command, "conversation")
	return command
}

func (p *program) tailCommand() *cobra.Command {
	var events []string
	var since string
	command := p.calling("tail", "Show events as they happen", cobra.NoArgs, func(ctx context.Context, s *session, _ []string) error {
		return newListener(s).run(ctx, events, since)
	})
	addStreamFlags(command, &events, &since)
	return command
}

// printEnvelope prints an envelope so that people can read it.
func (s *session) printEnvelope(event *client.Event) {
	var indented bytes.Buffer // of the text itself: decoded, large numbers would lose digits
	if json.Indent(&indented, event.Envelope, "", "  ") == nil {
		s.line("%s", printableLines(indented.String()))
	}
}
