package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/bot9/bot9/client"
)

// story is a conversation that `bot9 trigger conversation` plays for real.
type story struct {
	name, about string
	steps       []step
}

// step is something that happens in a conversation, and how to tell of it.
type step struct {
	what string
	do   func(ctx context.Context, s *session, conversation string) error
}

// stories, the usual one first. Together they bring every event that a conversation can.
var stories = []story{
	{"handover", "the bot is asked, a human takes over, answers, and closes", []step{
		ask("Do you sell gift cards?"),
		ask("Can I talk to a human?"),
		change("Grace takes over", client.ConversationChange{Status: "needs_review", AgentID: "grace", AgentName: "Grace"}),
		say("humanagent", "Yes, from ten euro."),
		change("closed", client.ConversationChange{Status: "closed", Reason: "answered"}),
	}},
	{"answered", "a bot of your own answers, the user is content and leaves an address", []step{
		say("user", "Do you ship to Norway?"),
		say("bot", "Yes, within three days."),
		{"user leaves an email address", func(ctx context.Context, s *session, id string) error {
			return s.CaptureLead(ctx, id, client.Lead{Name: "Ada Lovelace", EmailID: "ada@example.com"})
		}},
		change("tagged shipping", client.ConversationChange{Tags: []string{"shipping"}}),
		change("closed", client.ConversationChange{Status: "closed", Reason: "answered"}),
		{"user gives 5 of 5", func(ctx context.Context, s *session, id string) error {
			return s.ReviewConversation(ctx, id, 5, "Quick and kind")
		}},
	}},
	{"returned", "a human takes over and gives back to the bot; closed, then opened again", []step{
		say("user", "My order 4711 is late."),
		change("Grace takes over", client.ConversationChange{Status: "needs_review", AgentID: "grace", AgentName: "Grace"}),
		say("humanagent", "It leaves today."),
		change("back to the bot", client.ConversationChange{Status: "active"}),
		change("closed", client.ConversationChange{Status: "closed"}),
		change("opened again", client.ConversationChange{Status: "active"}),
	}},
}

func storyNames() (names []string) {
	for _, each := range stories {
		names = append(names, each.name)
	}
	return names
}

// storyList is the stories with what they are about, a line each.
func storyList() string {
	var text strings.Builder
	for _, each := range stories {
		fmt.Fprintf(&text, "  %-10s  %s\n", each.name, each.about)
	}
	return text.String()
}

// ask says something to the bot, which answers.
func ask(question string) step {
	return step{"user: " + question, func(ctx context.Context, s *session, id string) error {
		_, err := s.Chat(ctx, id, question, nil)
		return err
	}}
}

// say stores a message without asking the bot.
func say(who, text string) step {
	name, message := who, client.NewMessage{ChatUser: who, Message: text}
	if who == "humanagent" {
		name, message.AgentID, message.AgentName = "Grace", "grace", "Grace"
	}
	return step{name + ": " + text, func(ctx context.Context, s *session, id string) error {
		_, err := s.AppendMessage(ctx, id, message)
		return err
	}}
}

func change(what string, to client.ConversationChange) step {
	return step{what, func(ctx context.Context, s *session, id string) error {
		_, err := s.ChangeConversation(ctx, id, to)
		return err
	}}
}

// play holds a whole conversation, which emits its events by itself.
func (s *session) play(ctx context.Context, name string) error {
	i := slices.Index(storyNames(), name)
	if i < 0 {
		return usagef("there is no story %q; there are %s", name, strings.Join(storyNames(), ", "))
	}
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
	tell("started")
	for _, each := range stories[i].steps {
		if err := each.do(ctx, s, id); err != nil {
			return errors.Join(errors.New("the story broke off in "+id), err)
		}
		tell(each.what)
	}
	if s.connection.json { // the whole of it, as it is now
		_, err = s.Conversation(ctx, id)
		s.show(func() {})
	}
	return err
}
