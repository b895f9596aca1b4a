package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/charmbracelet/x/term"
	"github.com/spf13/cobra"

	"github.com/bot9/bot9/client"
)

const (
	replayPoll  = 500 * time.Millisecond
	replayEnded = "completed"
)

func (p *program) replayCommand() *cobra.Command {
	var filter client.ReplayFilter
	var since, until momentFlag
	var follow string
	var noWait bool
	command := p.calling("replay WEBHOOK", "Send events of the past to a webhook again, in order, and watch it", cobra.MaximumNArgs(1),
		func(ctx context.Context, s *session, args []string) error {
			var replay client.Replay
			var err error
			switch {
			case follow != "" && len(args) == 0:
				replay, err = s.Replay(ctx, follow)
			case follow != "" || len(args) == 0 || since.IsZero():
				return usagef("replay takes a webhook and --since, or --follow with a replay's ID")
			default:
				filter.Since = since.Time
				if !until.IsZero() {
					filter.Until = &until.Time
				}
				replay, err = s.StartReplay(ctx, args[0], filter)
			}
			if err != nil {
				return err
			}
			return s.watchReplay(ctx, replay, noWait)
		})
	command.Example = "bot9 replay whk_… --since 2h\nbot9 replay whk_… --since 2026-11-20 --until 2026-11-21 --status failed\nbot9 replay --follow rpl_…"
	flags := command.Flags()
	flags.Var(&since, "since", "events of this time or later: "+momentHelp)
	flags.Var(&until, "until", "events before this time (default now)")
	flags.StringSliceVar(&filter.Events, "events", nil, "only these event types, comma-separated")
	flags.StringSliceVar(&filter.Status, "status", nil, "only events whose last delivery to the webhook ended so, such as failed")
	flags.StringVar(&filter.ConversationID, "conversation", "", "only of this conversation")
	flags.StringVar(&follow, "follow", "", "watch a replay that was started before, by its ID")
	flags.BoolVar(&noWait, "no-wait", false, "start it and don't watch")
	completeEventTypes(command, "events")
	completeConversations(p, command, "conversation")
	command.ValidArgsFunction = p.completeWebhooks
	return command
}

// watchReplay shows a replay's progress until it ends. On a terminal it is one line that changes.
func (s *session) watchReplay(ctx context.Context, replay client.Replay, noWait bool) error {
	onTerminal := false
	if out, ok := s.command.OutOrStdout().(term.File); ok && !s.connection.json {
		onTerminal = term.IsTerminal(out.Fd())
	}
	id := replay.ID
	for !noWait && replay.FinishedAt.IsZero() && replay.Status == "running" {
		if onTerminal {
			fmt.Fprintf(s.out, "\r%s\x1b[K", progress(&replay))
		}
		err := s.program.pause(ctx, replayPoll)
		if err == nil {
			replay, err = s.Replay(ctx, id)
		}
		if errors.Is(err, context.Canceled) {
			s.line("\nThe replay goes on. To watch it: bot9 replay --follow %s", id)
			return nil
		}
		if err != nil {
			return err
		}
	}
	s.show(func() {
		if onTerminal {
			fmt.Fprint(s.out, "\r\x1b[K")
		}
		s.line("%s", progress(&replay))
	})
	if !noWait && replay.Status != replayEnded {
		return fmt.Errorf("the replay was %s", replay.Status)
	}
	return nil
}

// progress is a bar, the counts, and the replay's ID.
func progress(r *client.Replay) string {
	const width = 24
	done := r.Succeeded + r.Failed
	filled := width
	if r.Total > 0 {
		filled = int(min(done, r.Total) * width / r.Total)
	} else if r.Status == "running" {
		filled = 0
	}
	text := fmt.Sprintf("%s  %s%s  %d of %d", r.ID, strings.Repeat("█", filled), strings.Repeat("░", width-filled), done, r.Total)
	if r.Failed > 0 {
		text += ", " + red.Render(fmt.Sprintf("%d failed", r.Failed))
	}
	return text + "  " + state(r.Status)
}
