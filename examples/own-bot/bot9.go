package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
)

// bot9 is the part of Bot9's API that a bot needs.
type bot9 struct {
	url, chatbot, key string
	http              *http.Client
}

// refusal is an error that the API answers with.
type refusal struct {
	status       int
	Code, Detail string
}

func (r *refusal) Error() string { return fmt.Sprintf("%d %s: %s", r.status, r.Code, r.Detail) }

// status is active while the bot is to answer, needs_review while a human is, else closed.
func (b *bot9) status(ctx context.Context, conversation string) (string, error) {
	var found struct{ Status string }
	err := b.call(ctx, http.MethodGet, conversation, "", nil, &found)
	return found.Status, err
}

// say appends the bot's reply to a message, once.
func (b *bot9) say(ctx context.Context, conversation, message, reply string) error {
	return b.call(ctx, http.MethodPost, conversation+"/messages", "reply-to-"+message,
		map[string]string{"chatUser": "bot", "message": reply, "inReplyTo": message}, nil)
}

func (b *bot9) handOver(ctx context.Context, conversation, reason string) error {
	return b.call(ctx, http.MethodPatch, conversation, "", map[string]string{"status": "needs_review", "reason": reason}, nil)
}

func (b *bot9) call(ctx context.Context, method, path, once string, in, out any) error {
	var body bytes.Buffer
	if in != nil {
		if err := json.NewEncoder(&body).Encode(in); err != nil {
			return err
		}
	}
	request, err := http.NewRequestWithContext(ctx, method, b.url+"/api/"+b.chatbot+"/conversations/"+path, &body)
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+b.key)
	request.Header.Set("Content-Type", "application/json")
	if once != "" {
		request.Header.Set("Idempotency-Key", once)
	}
	answer, err := b.http.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode > 299 {
		refused := &refusal{status: answer.StatusCode}
		_ = json.NewDecoder(answer.Body).Decode(refused) // the status says enough
		return refused
	}
	if out == nil {
		return nil
	}
	return json.NewDecoder(answer.Body).Decode(out)
}
