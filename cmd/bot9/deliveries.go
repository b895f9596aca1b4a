package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/bot9/bot9/client"
)

func (p *program) deliveriesCommand() *cobra.Command {
	get := p.calling("get DELIVERY", "Show a delivery and every attempt", cobra.ExactArgs(1),
		func(ctx context.Context, s *session, args []string) error {
			delivery, err := s.Delivery(ctx, args[0])
			if err != nil {
				return err
			}
			s.show(func() { s.printDelivery(&delivery) })
			return nil
		})
	retry := p.calling("retry DELIVERY", "Send a finished delivery once more, or a waiting one at once", cobra.ExactArgs(1),
		func(ctx context.Context, s *session, args []string) error {
			delivery, err := s.RetryDelivery(ctx, args[0])
			if err != nil {
				return err
			}
			s.show(func() { s.line("%s is %s.", delivery.ID, state(delivery.Status)) })
			return nil
		})
	return group("deliveries", "Look at deliveries, and retry them", p.listDeliveriesCommand(), get, retry)
}

func (p *program) listDeliveriesCommand() *cobra.Command {
	var filter client.DeliveryFilter
	var since, until momentFlag
	var page pageFlags
	command := p.calling("list", "List deliveries, newest first", cobra.NoArgs, func(ctx context.Context, s *session, _ []string) error {
		filter.Since, filter.Until = since.Time, until.Time
		deliveries, err := s.Deliveries(ctx, filter, page.Page)
		if err != nil {
			return err
		}
		s.show(func() {
			var rows [][]string
			for _, d := range deliveries.Data {
				answer := firstOf(number(d.ResponseStatus), short(d.Error, 40))
				rows = append(rows, []string{d.ID, clock(d.CreatedAt), d.WebhookID, printable(d.Event), state(d.Status), number(d.AttemptCount), answer})
			}
			s.table([]string{"DELIVERY", "TIME", "WEBHOOK", "EVENT", "STATUS", "ATTEMPTS", "ANSWER"}, rows)
			s.more(deliveries.NextCursor)
		})
		return nil
	})
	flags := command.Flags()
	flags.StringVar(&filter.WebhookID, "webhook", "", "only to this webhook")
	flags.StringVar(&filter.EventID, "event-id", "", "only of this event")
	flags.StringVar(&filter.Event, "event", "", "only of this event type")
	flags.StringVar(&filter.ConversationID, "conversation", "", "only of this conversation")
	flags.StringVar(&filter.Status, "status", "", "pending, retrying, set_aside, held, succeeded, failed or canceled")
	flags.Var(&since, "since", "made at this time or later: "+momentHelp)
	flags.Var(&until, "until", "made before this time")
	page.add(command)
	completeEventTypes(command, "event")
	completeConversations(p, command, "conversation")
	completeFlag(command, "webhook", p.completeWebhooks)
	completeValues(command, "status", "pending", "retrying", "set_aside", "held", "succeeded", "failed", "canceled")
	return command
}

func (s *session) printDelivery(d *client.DeliveryDetail) {
	event := d.Delivery.EventID
	if d.Event != nil {
		event += "  " + printable(d.Event.Type)
	}
	s.facts("Delivery", d.ID, "Event", event, "Webhook", d.WebhookID, "Conversation", d.ConversationID, "Sequence", number(d.Sequence),
		"Status", state(d.Status), "Created", clock(d.CreatedAt), "Finished", clock(d.FinishedAt), "Next attempt", clock(d.NextAttemptAt))
	for i := range d.Attempts {
		s.line("")
		s.printAttempt(&d.Attempts[i])
	}
}

func (s *session) printAttempt(a *client.Attempt) {
	outcome := red.Render(a.Outcome)
	if a.Outcome == "success" {
		outcome = green.Render(a.Outcome)
	}
	answer := firstOf(number(a.ResponseStatus), "none")
	s.facts("Attempt", fmt.Sprintf("%d at %s", a.Number, clock(a.StartedAt)), "URL", printable(a.URL),
		"Outcome", outcome, "Answer", answer+" in "+milliseconds(a.DurationMs), "Error", printable(a.Error), "Body", short(a.ResponseBody, 200))
}
