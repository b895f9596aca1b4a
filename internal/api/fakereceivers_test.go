package api

import (
	"context"

	"github.com/bot9/bot9/internal/bot9"
)

func (w *world) CreateReceiver(ctx context.Context, r bot9.Receiver, _ bool) (bot9.Receiver, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	r.ID = bot9.ReceiverID(w.id())
	w.receivers = append(w.receivers, r)
	return r, w.write(ctx, &r)
}

func (w *world) Receivers(_ context.Context, chatbot bot9.ChatbotID) ([]bot9.Receiver, error) {
	return filtered(w.receivers, func(r bot9.Receiver) bool { return r.ChatbotID == chatbot }), nil
}

func (w *world) Receiver(_ context.Context, chatbot bot9.ChatbotID, id bot9.ReceiverID) (bot9.Receiver, error) {
	return first(w.receivers, func(r bot9.Receiver) bool { return r.ChatbotID == chatbot && r.ID == id })
}

func (w *world) ChangeReceiver(ctx context.Context, chatbot bot9.ChatbotID, id bot9.ReceiverID, change func(*bot9.Receiver) error) (bot9.Receiver, error) {
	r, err := w.Receiver(ctx, chatbot, id)
	if err == nil {
		err = expected(ctx, r)
	}
	if err == nil {
		err = change(&r)
	}
	return r, err
}

func (w *world) DeleteReceiver(ctx context.Context, chatbot bot9.ChatbotID, id bot9.ReceiverID) error {
	r, err := w.Receiver(ctx, chatbot, id)
	if err == nil {
		err = expected(ctx, r)
	}
	return err
}

func (w *world) Received(_ context.Context, id bot9.ReceiverID) ([]bot9.ReceivedRequest, error) {
	return filtered(w.received, func(q bot9.ReceivedRequest) bool { return q.ReceiverID == id }), nil
}
