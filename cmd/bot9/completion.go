package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/bot9/bot9/client"
	"github.com/bot9/bot9/internal/catalog"
)

// completionTime is how long somebody waits for a completion that the server has to be asked for.
const completionTime = 2 * time.Second

type completer = func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective)

func completeFlag(command *cobra.Command, flag string, complete completer) {
	_ = command.RegisterFlagCompletionFunc(flag, complete) // fails only for a flag that doesn't exist
}

func eventTypeNames() []string {
	var names []string
	for _, eventType := range catalog.All() {
		names = append(names, eventType.Name)
	}
	return names
}

// completeValues offers the values that a flag takes.
func completeValues(command *cobra.Command, flag string, values ...string) {
	completeFlag(command, flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
}

func completeEventTypes(command *cobra.Command, flag string) {
	completeFlag(command, flag, func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return eventTypeNames(), cobra.ShellCompDirectiveNoFileComp
	})
}

// completeWebhooks offers the chatbot's webhooks, with their URLs.
func (p *program) completeWebhooks(command *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	return p.complete(command, args, func(ctx context.Context, s *session) (offers []string, err error) {
		webhooks, err := s.Webhooks(ctx)
		for _, w := range webhooks.Data {
			offers = append(offers, w.ID+"\t"+short(w.URL, 60))
		}
		return offers, err
	})
}

func completeConversations(p *program, command *cobra.Command, flag string) {
	completeFlag(command, flag, func(command *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
		return p.completeConversationIDs(command, nil, typed)
	})
}

// completeConversationIDs offers the newest conversations, with who they are with.
func (p *program) completeConversationIDs(command *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	return p.complete(command, args, func(ctx context.Context, s *session) (offers []string, err error) {
		conversations, err := s.Conversations(ctx, client.ConversationFilter{}, client.Page{Limit: 20})
		for i := range conversations.Data {
			offers = append(offers, conversations.Data[i].ID+"\t"+short(nameOf(&conversations.Data[i].User), 40))
		}
		return offers, err
	})
}

func (p *program) complete(command *cobra.Command, args []string, offer func(context.Context, *session) ([]string, error)) ([]string, cobra.ShellCompDirective) {
	const none = cobra.ShellCompDirectiveNoFileComp
	if len(args) > 0 {
		return nil, none
	}
	s, err := p.connect(command)
	if err != nil {
		return nil, none
	}
	ctx, cancel := context.WithTimeout(context.Background(), completionTime)
	defer cancel()
	offers, err := offer(ctx, s)
	if err != nil {
		return nil, none
	}
	return offers, none
}
