package main

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/test/bigtables"
)

// growth measures what the size of tables costs: the same load on empty tables and on full ones, and
// how long list pages take on the full ones.
type growth struct {
	rows  int
	other string // a webhook that got few deliveries
	pages []pageTime
}

// pageTime is how long a page took: the first time, at half of the others, and at most.
type pageTime struct {
	name               string
	first, half, worst time.Duration
	rows               int
}

const pageRounds = 20

func (g *growth) scenarios() []scenario {
	return []scenario{
		{"fan-out 1 saturated, empty tables", func(ctx context.Context, p plan) (result, error) { return steady(ctx, p, setup{fanOut: 1}) }},
		{fmt.Sprintf("fan-out 1 saturated, %d events", g.rows), func(ctx context.Context, p plan) (result, error) {
			return steady(ctx, p, setup{fanOut: 1, before: g.fill, after: g.look})
		}},
	}
}

// fill fills the tables while the server runs.
func (g *growth) fill(ctx context.Context, l *loader) (err error) {
	c := bigtables.Contents{Rows: g.rows, End: bot9.At(time.Now().Add(-time.Hour))}
	if c.Chatbot, err = parse[bot9.ChatbotID](l.server.chatbot); err != nil {
		return err
	}
	for _, text := range l.conversations {
		id, err := parse[bot9.ConversationID](text)
		if err != nil {
			return err
		}
		c.Conversations = append(c.Conversations, id)
	}
	var webhooks bot9.List[struct{ ID bot9.WebhookID }]
	if _, err := l.server.call("", http.MethodGet, "/api/"+l.server.chatbot+"/webhooks", nil, &webhooks); err != nil {
		return err
	}
	c.Webhook = webhooks.Data[0].ID
	if g.other, err = l.server.webhook("http://127.0.0.1:9/", "custom.never"); err != nil {
		return err
	}
	if c.Other, err = parse[bot9.WebhookID](g.other); err != nil {
		return err
	}
	return bigtables.Fill(ctx, l.server.databaseURL, c)
}

// parse reads an ID of any kind.
func parse[I any, P interface {
	*I
	UnmarshalText([]byte) error
}](text string) (id I, err error) {
	return id, P(&id).UnmarshalText([]byte(text))
}

// look times the lists that people look at.
func (g *growth) look(ctx context.Context, l *loader) error {
	conversation := l.conversations[len(l.conversations)/2]
	var newest struct {
		Data []struct{ ID, EventID string }
	}
	if _, err := l.server.call("", http.MethodGet, "/api/"+l.server.chatbot+"/deliveries?limit=1", nil, &newest); err != nil {
		return err
	}
	delivery := newest.Data[0]
	longAgo := time.Now().Add(-bigtables.Past / 2).UTC().Format(time.RFC3339)
	for _, page := range []struct{ name, path string }{
		{"events, newest", "events?"},
		{"events of a month ago", "events?until=" + longAgo},
		{"events by type", "events?event=messageSent"},
		{"events of a rare type", "events?event=" + bigtables.RareType},
		{"events of a type that never was", "events?event=custom.never"},
		{"events of a conversation", "events?conversationId=" + conversation},
		{"events of a conversation by type", "events?event=messageSent&conversationId=" + conversation},
		{"deliveries, newest", "deliveries?"},
		{"deliveries of a webhook", "deliveries?webhookId=" + webhookOf(l)},
		{"deliveries of a webhook with few", "deliveries?webhookId=" + g.other},
		{"deliveries that failed", "deliveries?status=failed"},
		{"deliveries of a webhook with few that failed", "deliveries?status=failed&webhookId=" + g.other},
		{"deliveries by event type", "deliveries?event=messageSent"},
		{"deliveries of a rare event type", "deliveries?event=" + bigtables.RareType},
		{"deliveries of a webhook and a rare event type", "deliveries?event=" + bigtables.RareType + "&webhookId=" + g.other},
		{"deliveries of a conversation", "deliveries?conversationId=" + conversation},
		{"deliveries of an event", "deliveries?eventId=" + delivery.EventID},
		{"one delivery with its attempts", "deliveries/" + delivery.ID},
		{"conversations", "conversations?"},
	} {
		timed, err := g.time(ctx, l.server, page.name, page.path)
		if err != nil {
			return err
		}
		g.pages = append(g.pages, timed)
	}
	return nil
}

func webhookOf(l *loader) string {
	var webhooks struct{ Data []struct{ ID string } }
	if _, err := l.server.call("", http.MethodGet, "/api/"+l.server.chatbot+"/webhooks", nil, &webhooks); err != nil || len(webhooks.Data) == 0 {
		return ""
	}
	return webhooks.Data[len(webhooks.Data)-1].ID // the one made first; the list begins with the newest
}

func (g *growth) time(ctx context.Context, s *server, name, path string) (pageTime, error) {
	p := pageTime{name: name}
	var took []time.Duration
	for range pageRounds {
		if ctx.Err() != nil {
			return p, ctx.Err()
		}
		var page struct{ Data []struct{} }
		begun := time.Now()
		if _, err := s.call("", http.MethodGet, "/api/"+s.chatbot+"/"+path, nil, &page); err != nil {
			return p, err
		}
		took = append(took, time.Since(begun))
		p.rows = len(page.Data)
	}
	p.first = took[0]
	slices.SortFunc(took, cmp.Compare)
	p.half, p.worst = took[len(took)/2], took[len(took)-1]
	return p, nil
}

func (g *growth) print() {
	if len(g.pages) == 0 {
		return
	}
	fmt.Printf("\n| list page, %d events and deliveries | rows | first ms | p50 ms | most ms |\n|---|--:|--:|--:|--:|\n", g.rows)
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	for _, p := range g.pages {
		fmt.Printf("| %s | %d | %.1f | %.1f | %.1f |\n", p.name, p.rows, ms(p.first), ms(p.half), ms(p.worst))
	}
}
