package api

import (
	"context"

	"github.com/bot9/bot9/internal/bot9"
)

func (w *world) Documents(_ context.Context, chatbot bot9.ChatbotID, page bot9.Page) (bot9.List[bot9.Document], error) {
	list := bot9.List[bot9.Document]{Data: filtered(w.documents, func(d bot9.Document) bool { return d.ChatbotID == chatbot })}
	if len(list.Data) > page.Limit {
		next := "next"
		list.Data, list.NextCursor = list.Data[:page.Limit], &next
	}
	return list, nil
}

func (w *world) Document(_ context.Context, chatbot bot9.ChatbotID, id bot9.DocumentID) (bot9.Document, error) {
	return first(w.documents, func(d bot9.Document) bool { return d.ChatbotID == chatbot && d.ID == id })
}

func (w *world) CreateDocument(ctx context.Context, d bot9.Document) (bot9.Document, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	d.ID = bot9.DocumentID(w.id())
	if err := w.write(ctx, &d); err != nil {
		return d, err
	}
	w.documents = append(w.documents, d)
	if w.held != nil {
		w.mu.Unlock()
		<-w.held
		<-w.held
		w.mu.Lock()
	}
	return d, nil
}

func (w *world) UpdateDocument(ctx context.Context, d bot9.Document) (bot9.Document, error) {
	before, err := w.Document(ctx, d.ChatbotID, d.ID)
	if err == nil {
		err = expected(ctx, before)
	}
	return d, err
}

func (w *world) DeleteDocument(ctx context.Context, chatbot bot9.ChatbotID, id bot9.DocumentID) error {
	document, err := w.Document(ctx, chatbot, id)
	if err == nil {
		err = expected(ctx, document)
	}
	return err
}
