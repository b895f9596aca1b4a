package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

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
				return usagef("replay takes a webhook and --since, or --follow with a replay's ID; bot9 webhooks list shows the webhooks")
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
	command.Example = "bot9 replay whk_… --since 2h\nbot9 replay whk_… --since 2026-11-20 --until 2026-11-21 --status failed\nbot9 replay --follow rpl_…\nbot9 replay list whk_…"
	flags := command.Flags()
	flags.Var(&since, "since", "events of this time or later: "+momentHelp)
	flags.Var(&until, "until", "events before this time (default now)")
	flags.StringSliceVar(&filter.Events, "events", nil, "only these event types, comma-separated")
	flags.StringSliceVar(&filter.Status, "status", nil, "only events whose last delivery to the webhook ended so: succeeded, failed or canceled")
	flags.StringVar(&filter.ConversationID, "conversation", "", "only of this conversation")
	flags.StringVar(&follow, "follow", "", "watch a replay that was started before, by its ID")
	flags.BoolVar(&noWait, "no-wait", false, "start it and don't watch")
	completeEventTypes(command, "events")
	completeConversations(p, command, "conversation")
	completeValues(command, "status", "succeeded", "failed", "canceled")
	command.ValidArgsFunction = p.completeWebhooks
	return command
}

// replaysCommand is replayCommand with subcommands that list, show and cancel replays.
func (p *program) replaysCommand() *cobra.Command {
	command := p.replayCommand()
	command.AddCommand(p.listReplaysCommand(),
		p.calling("get REPLAY", "Show how a replay stands", cobra.ExactArgs(1), func(ctx context.Context, s *session, args []string) error {
			replay, err := s.Replay(ctx, args[0])
			return s.showReplay(&replay, err)
		}),
		p.calling("cancel REPLAY", "End a replay; what it has not sent yet is not sent", cobra.ExactArgs(1), func(ctx context.Context, s *session, args []string) error {
			replay, err := s.CancelReplay(ctx, args[0])
			return s.showReplay(&replay, err)
		}))
	return command
}

func (p *program) listReplaysCommand() *cobra.Command {
	var page pageFlags
	command := p.calling("list WEBHOOK", "List a webhook's replays, newest first", cobra.ExactArgs(1), func(ctx context.Context, s *session, args []string) error {
		replays, err := s.Replays(ctx, args[0], page.Page)
		if err != nil {
			return err
		}
		s.show(func() {
			var rows [][]string
			for _, r := range replays.Data {
				rows = append(rows, []string{
					r.ID, clock(r.CreatedAt), state(r.Status), fmt.Sprintf("%d of %d", r.Succeeded+r.Failed, r.Total), number(r.Failed), clock(r.FinishedAt),
				})
			}
			s.table([]string{"REPLAY", "STARTED", "STATUS", "DONE", "FAILED", "FINISHED"}, rows)
			s.more(replays.NextCursor)
		})
		return nil
	})
	page.add(command)
	command.ValidArgsFunction = p.completeWebhooks
	return command
}

func (s *session) showReplay(r *client.Replay, err error) error {
	if err != nil {
		return err
	}
	s.show(func() {
		s.facts("Replay", r.ID, "Webhook", r.WebhookID, "Status", state(r.Status), "Events", fmt.Sprint(r.Total), "Queued", number(r.Queued),
			"Succeeded", fmt.Sprint(r.Succeeded), "Failed", fmt.Sprint(r.Failed), "Started", clock(r.CreatedAt), "Finished", clock(r.FinishedAt))
	})
	return nil
}

// watchReplay shows a replay's progress until it ends. On a terminal it is one line that changes.
func (s *session) watchReplay(ctx context.Context, replay client.Replay, noWait bool) error {
	onTerminal := s.onTerminal() && !s.connection.json
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
			s.line("\nThe replay goes on. To watch it: bot9 replay --follow %[1]s; to end it: bot9 replay cancel %[1]s", id)
			return nil
		}
		if err != nil {
			return err
		}
	}
	s.show(func() {
		if noWait {
			s.line("%s is %s. To watch it: bot9 replay --follow %[1]s", id, state(replay.Status))
			return
		}
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
