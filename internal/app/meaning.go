package app

import (
	"context"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/knowledge"
	"github.com/bot9/bot9/internal/meaning"
	"github.com/bot9/bot9/internal/meaning/model"
)

// builtIn is the encoder that is a part of the program.
type builtIn struct{ *meaning.Encoder }

// Name implements knowledge.Encoder. It changes with whatever changes the vectors.
func (builtIn) Name() string { return model.Name }

// Encode implements knowledge.Encoder.
func (b builtIn) Encode(ctx context.Context, texts []string) ([][]float32, error) {
	vectors := make([][]float32, len(texts))
	for i, text := range texts {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		v, err := b.Encoder.Encode(text)
		if err != nil {
			return nil, err
		}
		vectors[i] = v[:]
	}
	return vectors, nil
}

// openKnowledge makes the built-in engine, by meaning if the program has the model.
func (a *App) openKnowledge() error {
	options := []knowledge.Option{knowledge.WithLog(a.log), knowledge.WithCutsOf(a.cutsOf)}
	if file, size, ok := model.Open(); ok {
		encoder, err := meaning.Load(file, size)
		if err != nil {
			return err
		}
		a.encoder = builtIn{encoder}
		options = append(options, knowledge.WithEncoder(a.encoder))
	}
	a.knowledge = knowledge.New(a.store, options...)
	return nil
}

func (a *App) cutsOf(ctx context.Context, chatbot bot9.ChatbotID) (knowledge.Cuts, error) {
	settings, err := a.store.Answering(ctx, chatbot)
	return knowledge.Cuts{Answer: settings.Threshold, Suggest: settings.SuggestThreshold}, err
}

// encodeDocuments works out what documents mean, in the background.
func (a *App) encodeDocuments() {
	if a.encoder == nil {
		a.log.Warn("THIS PROGRAM WAS BUILT WITHOUT THE MODEL OF MEANING: the built-in engine answers by words only, and misses most questions " +
			"that are asked in other words or in another language. Build it with make build.")
		return
	}
	a.log.Info("the built-in engine answers by meaning", "model", model.Name)
	a.background.Go(a.knowledge.Warm)
	worker := knowledge.Worker{Store: a.store, Encoder: a.encoder, Log: a.log, Busy: func() bool {
		counts := a.dispatcher.Counts()
		return counts.Queued+counts.InFlight > 0
	}}
	a.background.Go(func() { worker.Run(a.working) })
}
