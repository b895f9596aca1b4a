package api

import (
	"context"

	"github.com/bot9/bot9/internal/bot9"
)

func (w *world) Answering(_ context.Context, chatbot bot9.ChatbotID) (bot9.Answering, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if kept, ok := w.answering[chatbot]; ok {
		return kept, nil
	}
	return bot9.DefaultAnswering(chatbot), nil
}

func (w *world) ChangeAnswering(ctx context.Context, chatbot bot9.ChatbotID, change func(*bot9.Answering) error) (bot9.Answering, error) {
	before, _ := w.Answering(ctx, chatbot)
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := expected(ctx, before); err != nil {
		return bot9.Answering{}, err
	}
	after := before
	if err := change(&after); err != nil {
		return bot9.Answering{}, err
	}
	after.Version++
	after.Model.APIKeySet = after.Model.APIKey != ""
	if after.Embeddings != nil {
		after.Embeddings.APIKeySet = after.Embeddings.APIKey != ""
	}
	if w.answering == nil {
		w.answering = map[bot9.ChatbotID]bot9.Answering{}
	}
	w.answering[chatbot] = after
	return after, w.write(ctx, &after)
}
