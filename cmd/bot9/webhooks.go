package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/bot9/bot9/client"
)

func (p *program) webhooksCommand() *cobra.Command {
	ofOne := func(use, short string, run runner) *cobra.Command {
		command := p.calling(use+" WEBHOOK", short, cobra.ExactArgs(1), run)
		command.ValidArgsFunction = p.completeWebhooks
		return command
	}
	list := p.calling("list", "List the chatbot's webhooks", cobra.NoArgs, listWebhooks)
	list.Aliases = []string{"ls"}
	return group("webhooks", "Make, change, test and watch webhooks",
		list, p.addWebhookCommand(), p.updateWebhookCommand(), p.testWebhookCommand(), p.rotateSecretCommand(), p.webhookStatsCommand(),
		p.replayCommand(),
		ofOne("get", "Show a webhook", func(ctx context.Context, s *session, args []string) error {
			webhook, err := s.Webhook(ctx, args[0])
			return s.showWebhook(webhook, err)
		}),
		ofOne("delete", "Delete a webhook, and what is waiting for it", func(ctx context.Context, s *session, args []string) error {
			if err := s.DeleteWebhook(ctx, args[0]); err != nil {
				return err
			}
			if !s.connection.json {
				s.line("Deleted %s.", args[0])
			}
			return nil
		}),
		ofOne("enable", "Deliver to a webhook again", setStatus("enabled")),
		ofOne("disable", "Pause a webhook", setStatus("disabled")),
		ofOne("secret", "Show the secret that deliveries are signed with", func(ctx context.Context, s *session, args []string) error {
			secret, err := s.WebhookSecret(ctx, args[0])
			return s.showSecret(secret, err)
		}),
	)
}

func listWebhooks(ctx context.Context, s *session, _ []string) error {
	webhooks, err := s.Webhooks(ctx)
	if err != nil {
		return err
	}
	s.show(func() {
		var rows [][]string
		for _, w := range webhooks.Data {
			rows = append(rows, []string{w.ID, state(w.Status), short(w.URL, 60), short(strings.Join(w.Events, ","), 40), short(w.Description, 30)})
		}
		s.table([]string{"WEBHOOK", "STATUS", "URL", "EVENTS", "DESCRIPTION"}, rows)
	})
	return nil
}

func setStatus(status string) runner {
	return func(ctx context.Context, s *session, args []string) error {
		webhook, err := s.ChangeWebhook(ctx, args[0], client.WebhookSettings{Status: &status})
		if err != nil {
			return err
		}
		s.show(func() {
			s.line("%s is %s.", webhook.ID, state(webhook.Status))
			if missed := webhook.Missed; missed != nil && missed.Count > 0 {
				count := fmt.Sprintf("%d events", missed.Count)
				switch {
				case missed.Count == 1:
					count = "1 event"
				case missed.Count >= 1000:
					count = fmt.Sprintf("%d or more events", missed.Count)
				}
				s.line("It missed %s. To send what it missed: bot9 replay %s --since %s --until %s",
					count, webhook.ID, missed.Since.Format(time.RFC3339Nano), missed.Until.Format(time.RFC3339Nano))
			}
		})
		return nil
	}
}

func (s *session) showWebhook(w client.Webhook, err error) error {
	if err != nil {
		return err
	}
	s.show(func() {
		limit, setAside := "", ""
		if w.RateLimit > 0 {
			limit = fmt.Sprintf("%g per second", w.RateLimit)
		}
		if w.SetAsideAfter > 0 && w.Ordering == "conversation" {
			setAside = fmt.Sprintf("%d failed attempts", w.SetAsideAfter)
		}
		facts := []string{
			"Webhook", w.ID, "URL", printable(w.URL), "Events", printable(strings.Join(w.Events, ", ")),
			"Status", strings.TrimSpace(state(w.Status) + "  " + printable(w.DisabledReason)), "Description", printable(w.Description),
			"Filter", printable(w.Filter), "Ordering", w.Ordering, "Time limit", fmt.Sprintf("%d s", w.TimeoutSeconds),
			"Set aside after", setAside, "Retries after", retries(w.RetrySchedule),
			"At most in flight", number(w.MaxInFlight), "Rate limit", limit, "Headers", headerNames(w.Headers),
			"Created", clock(w.CreatedAt), "Secret", w.Secret,
		}
		if h := w.Health; h != nil {
			facts = append(facts, "Last success", clock(h.LastSuccessAt), "Failures in a row", number(h.ConsecutiveFailures),
				"Last error", printable(h.LastError), "Nothing is sent until", clock(h.SilentUntil()))
		}
		s.facts(facts...)
	})
	return nil
}

// retries are the waits before each further attempt, as short as they can be told: 5s, 30s, 2m.
func retries(schedule []int) string {
	if len(schedule) == 0 {
		return "never"
	}
	waits := make([]string, len(schedule))
	for i, seconds := range schedule {
		wait := (time.Duration(seconds) * time.Second).String()
		if strings.HasSuffix(wait, "m0s") {
			wait = strings.TrimSuffix(wait, "0s")
		}
		if strings.HasSuffix(wait, "h0m") {
			wait = strings.TrimSuffix(wait, "0m")
		}
		waits[i] = wait
	}
	return strings.Join(waits, ", ")
}

// headerNames leaves the values out: they are secrets, often.
func headerNames(headers map[string]string) string {
	return printable(strings.Join(slices.Sorted(maps.Keys(headers)), ", "))
}

func (s *session) showSecret(secret client.Secret, err error) error {
	if err != nil {
		return err
	}
	s.show(func() {
		s.line("%s", secret.Secret)
		if !secret.PreviousExpiresAt.IsZero() {
			s.line("%s", faint.Render("The secret before signs too, until "+clock(secret.PreviousExpiresAt)+"."))
		}
	})
	return nil
}

func (p *program) rotateSecretCommand() *cobra.Command {
	var overlap time.Duration
	command := p.calling("rotate-secret WEBHOOK", "Give a webhook a new secret; the old one signs too for a while", cobra.ExactArgs(1),
		func(ctx context.Context, s *session, args []string) error {
			secret, err := s.RotateWebhookSecret(ctx, args[0], overlap)
			return s.showSecret(secret, err)
		})
	addOverlapFlag(command, &overlap)
	command.ValidArgsFunction = p.completeWebhooks
	return command
}

func addOverlapFlag(command *cobra.Command, overlap *time.Duration) {
	command.Flags().DurationVar(overlap, "overlap", 24*time.Hour, "how long the secret before stays valid, up to 168h")
}

func (p *program) testWebhookCommand() *cobra.Command {
	var event string
	command := p.calling("test WEBHOOK", "Send a signed ping, or a sample, at once", cobra.ExactArgs(1),
		func(ctx context.Context, s *session, args []string) error {
			attempt, err := s.TestWebhook(ctx, args[0], event)
			if err != nil {
				return err
			}
			s.show(func() { s.printAttempt(&attempt) })
			if attempt.Outcome != "success" {
				return fmt.Errorf("the endpoint did not accept the test: %s", firstOf(attempt.Error, attempt.Outcome))
			}
			return nil
		})
	command.Flags().StringVar(&event, "event", "", "send this type's sample instead of a ping")
	completeEventTypes(command, "event")
	command.ValidArgsFunction = p.completeWebhooks
	return command
}

func (p *program) webhookStatsCommand() *cobra.Command {
	var window string
	command := p.calling("stats WEBHOOK", "Tell how a webhook is doing", cobra.ExactArgs(1),
		func(ctx context.Context, s *session, args []string) error {
			stats, err := s.WebhookStats(ctx, args[0], window)
			if err != nil {
				return err
			}
			s.show(func() {
				rate := "no attempts"
				if stats.SuccessRate != nil {
					rate = fmt.Sprintf("%.2f %%", *stats.SuccessRate*100)
				}
				latency := ""
				if ms := stats.LatencyMs; stats.Attempts.Succeeded+stats.Attempts.Failed > 0 {
					latency = fmt.Sprintf("p50 %s, p95 %s, p99 %s", milliseconds(ms.P50), milliseconds(ms.P95), milliseconds(ms.P99))
				}
				s.facts("State", state(stats.State), "Window", stats.Window, "Success rate", rate,
					"Succeeded", fmt.Sprint(stats.Attempts.Succeeded), "Failed", fmt.Sprint(stats.Attempts.Failed),
					"Latency", latency, "Backlog", fmt.Sprint(stats.Backlog), "Oldest waiting since", clock(stats.OldestWaitingAt))
			})
			return nil
		})
	command.Flags().StringVar(&window, "window", "24h", "1h, 24h or 7d")
	completeValues(command, "window", "1h", "24h", "7d")
	command.ValidArgsFunction = p.completeWebhooks
	return command
}
