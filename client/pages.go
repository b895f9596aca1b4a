package client

import (
	"context"
	"encoding/json"
)

const largestPage = 250

// whole reads all pages of one of the chatbot's lists. Where there are several, OnAnswer is given the whole list
// after them.
func whole[T any](ctx context.Context, c *Client, path ...string) (List[T], error) {
	raw := []json.RawMessage{}
	page, pages := Page{Limit: largestPage}, 0
	for {
		var part List[json.RawMessage]
		if err := c.get(ctx, &part, page.in(query()), path...); err != nil {
			return List[T]{}, err
		}
		raw = append(raw, part.Data...)
		pages++
		if page.Cursor = part.NextCursor; page.Cursor == "" {
			break
		}
	}
	joined, err := json.Marshal(map[string]any{"data": raw, "nextCursor": nil})
	if err != nil {
		return List[T]{}, err
	}
	if pages > 1 && c.options.OnAnswer != nil {
		c.options.OnAnswer(joined)
	}
	var list List[T]
	return list, json.Unmarshal(joined, &list)
}
