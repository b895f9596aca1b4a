package main

import (
	"bufio"
	"context"
	"fmt"
	"strings"

	"github.com/charmbracelet/x/term"
	"github.com/spf13/cobra"

	"github.com/bot9/bot9/client"
)

const maxChatLine = 64 << 10 // bytes

func (p *program) chatCommand() *cobra.Command {
	var conversation string
	command := p.calling("chat [MESSAGE]", "Talk to the chatbot; with a message, once", cobra.MaximumNArgs(1),
		func(ctx context.Context, s *session, args []string) error {
			if conversation == "" {
				started, err := s.StartConversation(ctx, client.NewConversation{Source: "bot9-chat"})
				if err != nil {
					return err
				}
				conversation = started.ID
			}
			if len(args) == 1 {
				_, err := s.say(ctx, conversation, args[0])
				return err
			}
			return s.talk(ctx, conversation)
		})
	command.Example = "bot9 chat\nbot9 chat 'How long does delivery take?'\nbot9 chat --conversation conv_… 'And abroad?'"
	command.Flags().StringVar(&conversation, "conversation", "", "go on with this conversation instead of a new one")
	completeConversations(p, command, "conversation")
	return command
}

// talk says each line of standard input, until its end or the conversation's.
func (s *session) talk(ctx context.Context, conversation string) error {
	in := s.command.InOrStdin()
	prompt := func() {}
	if terminal, ok := in.(term.File); ok && term.IsTerminal(terminal.Fd()) && !s.connection.json {
		s.line("%s", faint.Render("Conversation "+conversation+". Ctrl-D ends it."))
		prompt = func() { fmt.Fprint(s.out, bold.Render("you> ")) }
	}
	lines := make(chan string)
	failed := make(chan error, 1)
	go func() { // reading can't be interrupted, so it ends with the program
		defer close(lines)
		scanner := bufio.NewScanner(in)
		scanner.Buffer(nil, maxChatLine)
		for scanner.Scan() {
			select {
			case lines <- scanner.Text():
			case <-ctx.Done():
				return
			}
		}
		failed <- scanner.Err()
	}()
	for {
		prompt()
		select {
		case <-ctx.Done():
			return nil
		case line, open := <-lines:
			if !open {
				return <-failed
			}
			if strings.TrimSpace(line) == "" {
				continue
			}
			if reply, err := s.say(ctx, conversation, line); err != nil || reply.Status == "closed" {
				return err
			}
		}
	}
}

// say shows the reply while it comes.
func (s *session) say(ctx context.Context, conversation, message string) (client.Reply, error) {
	var onDelta func(string)
	if !s.connection.json {
		onDelta = func(text string) { fmt.Fprint(s.out, printableLines(text)) }
	}
	reply, err := s.Chat(ctx, conversation, message, onDelta)
	if err != nil {
		return reply, err
	}
	s.show(func() {
		if reply.Message == "" {
			fmt.Fprint(s.out, faint.Render("A human will answer; the bot is silent."))
		}
		s.line("")
	})
	return reply, nil
}
