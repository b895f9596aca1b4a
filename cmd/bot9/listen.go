package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"
	"time"

	"charm.land/lipgloss/v2"
	"github.com/spf13/cobra"

	"github.com/bot9/bot9/client"
	"github.com/bot9/bot9/internal/webhook"
)

// listener shows a chatbot's events as they happen, and forwards them if there is a forwarder.
type listener struct {
	*session
	forward   *forwarder // nil: only show
	printJSON bool       // the envelope below each line
	notes     paper      // what isn't about one event; apart from JSON for programs
	live      bool       // has been connected before
}

func (p *program) listenCommand() *cobra.Command {
	var target, secret, since string
	var events []string
	var printJSON, skipVerify bool
	command := p.calling("listen", "Stream live events to a local URL, signed like webhooks; no public address needed", cobra.NoArgs,
		func(ctx context.Context, s *session, _ []string) error {
			l := newListener(s)
			l.printJSON = printJSON
			if target != "" {
				var err error
				if l.forward, err = newForwarder(target, secret, skipVerify, p.pause); err != nil {
					return err
				}
			}
			return l.run(ctx, events, since)
		})
	command.Example = "bot9 listen --forward-to http://localhost:3000/webhooks/bot9\nbot9 listen --forward-to 3000 --events messageReceived,handoverRequested"
	flags := command.Flags()
	flags.StringVar(&target, "forward-to", "", "where to POST each event: a URL, host:port/path, or a port of this machine")
	flags.StringVar(&secret, "secret", "", "sign with this secret (whsec_…) instead of a new one")
	flags.BoolVar(&printJSON, "print-json", false, "print each event's envelope too")
	flags.BoolVar(&skipVerify, "skip-verify", false, "accept any certificate of --forward-to, also a self-signed one")
	addStreamFlags(command, &events, &since)
	return command
}

func addStreamFlags(command *cobra.Command, events *[]string, since *string) {
	flags := command.Flags()
	flags.StringSliceVar(events, "events", nil, "only these event types, comma-separated; custom.* for all custom ones")
	flags.StringVar(since, "since", "", "begin after the event with this ID, instead of now")
	completeEventTypes(command, "events")
}

func newListener(s *session) *listener {
	l := &listener{session: s, notes: s.paper}
	if s.connection.json {
		l.notes = newPaper(s.command.ErrOrStderr())
	}
	return l
}

// run follows the stream until the user ends it or the server refuses it.
func (l *listener) run(ctx context.Context, events []string, since string) error {
	account, err := l.Account(ctx) // says at once if the key or the server is wrong
	if err != nil {
		return err
	}
	err = l.Follow(ctx, client.FollowOptions{
		Events: events, After: since,
		OnConnect: func() { l.greet(&account) },
		OnDisconnect: func(err error, wait time.Duration) {
			l.notes.line("%s", yellow.Render(fmt.Sprintf("Lost Bot9: %s. Trying again in %s; nothing is missed.", printable(err.Error()), seconds(wait))))
		},
	}, func(event client.Event) error { return l.take(ctx, event) })
	if errors.Is(err, context.Canceled) {
		return nil // the user has seen enough
	}
	return err
}

func (l *listener) greet(account *client.Account) {
	if l.live {
		l.notes.line("%s", faint.Render("Connected again."))
		return
	}
	l.live = true
	name := l.connection.chatbot
	if account.Chatbot != nil {
		name = fmt.Sprintf("%s (%s)", printable(account.Chatbot.Name), account.Chatbot.ID)
	}
	if l.forward == nil {
		l.notes.line("Listening to %s. Ctrl-C ends it.", name)
		return
	}
	l.notes.line("Forwarding events of %s to %s. Ctrl-C ends it.", name, l.forward.target)
	l.notes.line("Signed with %s", bold.Render(l.forward.secret))
	l.notes.line("")
}

// take forwards and shows an event.
func (l *listener) take(ctx context.Context, event client.Event) error {
	if l.forward == nil {
		return l.print(event, nil)
	}
	answer, err := l.forward.send(ctx, event, func(reason error, down bool, wait time.Duration) {
		state := "is down"
		if !down {
			state = "gave no answer"
		}
		l.notes.line("%s", yellow.Render(fmt.Sprintf("%s %s (%s). Trying again in %s; later events wait their turn.",
			l.forward.host, state, printable(reason.Error()), seconds(wait))))
	})
	if err != nil {
		return err
	}
	return l.print(event, &answer)
}

func (l *listener) print(event client.Event, answer *forwarded) error {
	if l.connection.json {
		out := l.command.OutOrStdout()
		if answer == nil {
			return printJSON(out, event)
		}
		return printJSON(out, struct {
			Event client.Event `json:"event"`
			*forwarded
		}{event, answer})
	}
	if answer == nil {
		l.line("%s", strings.TrimRight(eventLine(event), " "))
	} else {
		l.line("%s  %s", eventLine(event), answer)
	}
	if l.printJSON {
		l.line("%s", printable(string(event.Envelope)))
	}
	return nil
}

func printJSON(out io.Writer, v any) error {
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(v)
}

// eventLine is time, type, and place in the conversation.
func eventLine(event client.Event) string {
	place := ""
	if event.ConversationID != "" {
		place = fmt.Sprintf("%s/%d", event.ConversationID, event.Sequence)
	}
	name := printable(event.Type)
	return fmt.Sprintf("%s  %s%s  %-22s", faint.Render(event.CreatedAt.Local().Format("15:04:05.000")),
		bold.Render(name), strings.Repeat(" ", max(0, 25-lipgloss.Width(name))), place)
}

// isPort tells whether a URL's port can be one; "" stands for the scheme's own.
func isPort(text string) bool {
	n, err := strconv.ParseUint(text, 10, 16)
	return text == "" || err == nil && n > 0
}

// localTarget makes a URL of what people type for a server on their machine.
func localTarget(text string) (*url.URL, error) {
	switch {
	case strings.Contains(text, "://"):
	case strings.Trim(text, "0123456789") == "":
		text = "http://localhost:" + text
	default:
		text = "http://" + text
	}
	target, err := url.Parse(text)
	if err != nil || target.Host == "" || (target.Scheme != "http" && target.Scheme != "https") || !isPort(target.Port()) {
		return nil, usagef("--forward-to takes a URL like http://localhost:3000/webhooks, or a port from 1 to 65535")
	}
	return target, nil
}

func newForwarder(target, secret string, skipVerify bool, pause func(context.Context, time.Duration) error) (*forwarder, error) {
	to, err := localTarget(target)
	if err != nil {
		return nil, err
	}
	if secret == "" {
		secret = webhook.NewSecret()
	}
	key, err := webhook.ParseSecret(secret)
	if err != nil {
		return nil, err
	}
	return &forwarder{target: to.String(), host: to.Host, secret: secret, key: key, http: forwardingClient(skipVerify), pause: pause}, nil
}
