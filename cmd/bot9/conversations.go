package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/bot9/bot9/client"
)

func (p *program) conversationsCommand() *cobra.Command {
	get := p.calling("get CONVERSATION", "Show a conversation and what was said", cobra.ExactArgs(1), getConversation)
	get.ValidArgsFunction = p.completeConversationIDs
	return group("conversations", "Look at conversations", p.listConversationsCommand(), get)
}

func (p *program) listConversationsCommand() *cobra.Command {
	var filter client.ConversationFilter
	var page pageFlags
	command := p.calling("list", "List conversations, newest first", cobra.NoArgs, func(ctx context.Context, s *session, _ []string) error {
		conversations, err := s.Conversations(ctx, filter, page.Page)
		if err != nil {
			return err
		}
		s.show(func() {
			var rows [][]string
			for _, c := range conversations.Data {
				rows = append(rows, []string{
					c.ID, clock(c.CreatedAt), state(c.Status), short(c.Source, 20), short(nameOf(&c.User), 24),
					number(c.MessageCount), short(c.LastMessage, 40),
				})
			}
			s.table([]string{"CONVERSATION", "STARTED", "STATUS", "SOURCE", "USER", "MESSAGES", "LAST MESSAGE"}, rows)
			s.more(conversations.NextCursor)
		})
		return nil
	})
	flags := command.Flags()
	flags.StringVar(&filter.Status, "status", "", "active, needs_review or closed")
	flags.StringVar(&filter.Source, "source", "", "the channel")
	flags.StringVar(&filter.Query, "query", "", "part of a message, or of the end user's name, email or external ID")
	page.add(command)
	return command
}

func nameOf(user *client.EndUser) string {
	return firstOf(user.Name, user.EmailID, user.ExternalID, user.ID)
}

// getConversation shows a conversation with its messages. The JSON is that of the conversation
// alone.
func getConversation(ctx context.Context, s *session, args []string) error {
	conversation, err := s.Conversation(ctx, args[0])
	if err != nil {
		return err
	}
	var messages client.List[client.Message]
	if !s.connection.json {
		if messages, err = s.Messages(ctx, args[0], client.Page{Limit: 250}); err != nil {
			return err
		}
	}
	s.show(func() {
		s.facts("Conversation", conversation.ID, "Status", state(conversation.Status), "Source", printable(conversation.Source),
			"User", printable(nameOf(&conversation.User)), "Agent", printable(conversation.AgentName),
			"Tags", printable(strings.Join(conversation.Tags, ", ")), "Started", clock(conversation.CreatedAt))
		s.line("")
		for _, m := range messages.Data {
			s.line("%s  %s  %s", faint.Render(clock(m.CreatedAt)), bold.Render(printable(m.ChatUser)), printableLines(m.Text))
		}
		if messages.NextCursor != "" {
			s.line("%s", faint.Render("and more; the API has them all"))
		}
	})
	return nil
}
