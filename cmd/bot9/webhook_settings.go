package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/bot9/bot9/client"
)

func (p *program) addWebhookCommand() *cobra.Command {
	var flags webhookFlags
	command := p.calling("add URL", "Make a webhook; the answer has its secret", cobra.ExactArgs(1),
		func(ctx context.Context, s *session, args []string) error {
			settings, err := flags.settings(s.command.Flags())
			if err != nil {
				return err
			}
			settings.URL = &args[0]
			if settings.Events == nil {
				settings.Events = []string{"*"}
			}
			webhook, err := s.CreateWebhook(ctx, settings)
			return s.showWebhook(webhook, err)
		})
	command.Example = "bot9 webhooks add https://example.com/webhooks/bot9 --events messageReceived,conversationClosed"
	flags.add(command)
	return command
}

func (p *program) updateWebhookCommand() *cobra.Command {
	var flags webhookFlags
	var url string
	var removed []string
	command := p.calling("update WEBHOOK", "Change a webhook's settings; those not given stay", cobra.ExactArgs(1),
		func(ctx context.Context, s *session, args []string) error {
			settings, err := flags.settings(s.command.Flags())
			if err != nil {
				return err
			}
			if s.command.Flags().Changed("to") {
				settings.URL = &url
			}
			settings.RemoveHeaders = removed
			webhook, err := s.ChangeWebhook(ctx, args[0], settings)
			return s.showWebhook(webhook, err)
		})
	command.Example = "bot9 webhooks update whk_… --to https://example.com/new --events messageReceived"
	flags.add(command)
	command.Flags().StringVar(&url, "to", "", "another URL")
	command.Flags().StringArrayVar(&removed, "remove-header", nil, "the name of a header to send no more; may be given more than once")
	command.ValidArgsFunction = p.completeWebhooks
	return command
}

// webhookFlags are a webhook's settings as flags.
type webhookFlags struct {
	events, headers                     []string
	description, filter, ordering       string
	setAsideAfter, timeout, maxInFlight int
	rateLimit                           float64
	retrySchedule                       []int
}

func (w *webhookFlags) add(command *cobra.Command) {
	flags := command.Flags()
	flags.StringSliceVar(&w.events, "events", nil, "event types, comma-separated; * for all (the default of add), custom.* for all custom ones")
	flags.StringVar(&w.description, "description", "", "what it is for")
	flags.StringArrayVar(&w.headers, "header", nil, "a header to send with every delivery, 'Name: value'; may be given more than once")
	flags.StringVar(&w.filter, "filter", "", "a CEL expression over the envelope; only events that make it true are delivered")
	flags.StringVar(&w.ordering, "ordering", "", "conversation or none")
	flags.IntVar(&w.setAsideAfter, "set-aside-after", 0, "failed attempts after which an event leaves its conversation's order; 0 = the conversation waits")
	flags.IntVar(&w.timeout, "timeout", 0, "time limit of an attempt in seconds, 1 to 30")
	flags.IntSliceVar(&w.retrySchedule, "retry-schedule", nil, "seconds to wait before each further attempt, comma-separated")
	flags.IntVar(&w.maxInFlight, "max-in-flight", 0, "at most so many requests at once; 0 = as many as the endpoint takes well")
	flags.Float64Var(&w.rateLimit, "rate-limit", 0, "at most so many requests per second; 0 = no limit")
	completeEventTypes(command, "events")
}

// settings are those that were given.
func (w *webhookFlags) settings(flags *pflag.FlagSet) (client.WebhookSettings, error) {
	var s client.WebhookSettings
	if len(w.headers) > 0 {
		s.Headers = map[string]string{}
	}
	for _, header := range w.headers {
		name, value, ok := strings.Cut(header, ":")
		if !ok {
			return s, usagef("--header must be like 'Name: value'")
		}
		s.Headers[strings.TrimSpace(name)] = strings.TrimSpace(value)
	}
	s.Events, s.RetrySchedule = w.events, w.retrySchedule
	given(flags, "description", &s.Description, &w.description)
	given(flags, "filter", &s.Filter, &w.filter)
	given(flags, "ordering", &s.Ordering, &w.ordering)
	given(flags, "set-aside-after", &s.SetAsideAfter, &w.setAsideAfter)
	given(flags, "timeout", &s.TimeoutSeconds, &w.timeout)
	given(flags, "max-in-flight", &s.MaxInFlight, &w.maxInFlight)
	given(flags, "rate-limit", &s.RateLimit, &w.rateLimit)
	return s, nil
}

// given takes a flag's value over if the flag was given.
func given[T any](flags *pflag.FlagSet, name string, to **T, value *T) {
	if flags.Changed(name) {
		*to = value
	}
}
