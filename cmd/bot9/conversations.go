package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/bot9/bot9/client"
)

func (p *program) conversationsCommand() *cobra.Command {
	get := p.calling("get CONVERSATION", "Show a conversation and what was said", cobra.ExactArgs(1), getConversation)
	get.ValidArgsFunction = p.completeConversationIDs
	return group("conversations", "Look at conversations, and say something in them", p.listConversationsCommand(), get, p.sayCommand())
}

// sayCommand appends a message, which the built-in bot doesn't answer; that is what chat is for.
func (p *program) sayCommand() *cobra.Command {
	var message client.NewMessage
	command := p.calling("say CONVERSATION MESSAGE", "Store a message without asking the bot", cobra.ExactArgs(2),
		func(ctx context.Context, s *session, args []string) error {
			message.Message = args[1]
			stored, err := s.AppendMessage(ctx, args[0], message)
			if err != nil {
				return err
			}
			s.show(func() { s.line("%s", stored.ID) })
			return nil
		})
	flags := command.Flags()
	flags.StringVar(&message.ChatUser, "as", "user", "who says it: user, bot or humanagent")
	flags.StringVar(&message.AgentID, "agent-id", "", "which human agent; they take over a conversation that needs one")
	flags.StringVar(&message.AgentName, "agent-name", "", "what the human agent is called")
	completeValues(command, "as", "user", "bot", "humanagent")
	command.ValidArgsFunction = p.completeConversationIDs
	return command
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
	completeValues(command, "status", "active", "needs_review", "closed")
	return command
}

func nameOf(user *client.EndUser) string {
	return firstOf(user.Name, user.EmailID, user.ExternalID, user.ID)
}

// getConversation shows a conversation with all that was said. The JSON is the conversation's, with
// its messages as the API lists them.
func getConversation(ctx context.Context, s *session, args []string) error {
	conversation, err := s.Conversation(ctx, args[0])
	if err != nil {
		return err
	}
	whole, messages := s.raw, []json.RawMessage{}
	if !s.connection.json {
		s.facts("Conversation", conversation.ID, "Status", state(conversation.Status), "Source", printable(conversation.Source),
			"User", printable(nameOf(&conversation.User)), "Agent", printable(conversation.AgentName),
			"Tags", printable(strings.Join(conversation.Tags, ", ")), "Started", clock(conversation.CreatedAt))
		s.line("")
	}
	for page := (client.Page{Limit: 250}); ; {
		said, err := s.Messages(ctx, args[0], page)
		if err != nil {
			return err
		}
		if s.connection.json {
			var raw client.List[json.RawMessage]
			if err := json.Unmarshal(s.raw, &raw); err != nil {
				return err
			}
			messages = append(messages, raw.Data...)
		} else {
			s.printMessages(said.Data)
		}
		if page.Cursor = said.NextCursor; page.Cursor == "" {
			break
		}
	}
	if !s.connection.json {
		return nil
	}
	return printWithMessages(s.command.OutOrStdout(), whole, messages)
}

func (s *session) printMessages(messages []client.Message) {
	for _, m := range messages {
		s.line("%s  %s  %s", faint.Render(clock(m.CreatedAt)), bold.Render(printable(m.ChatUser)), printableLines(m.Text))
	}
}

// printWithMessages prints the conversation's JSON as it came, with one more field.
func printWithMessages(out io.Writer, conversation []byte, messages []json.RawMessage) error {
	fields, ok := bytes.CutSuffix(bytes.TrimSpace(conversation), []byte("}"))
	if !ok {
		return errors.New("the server's answer is no conversation")
	}
	list, err := json.Marshal(messages)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%s,\"messages\":%s}\n", fields, list)
	return err
}
