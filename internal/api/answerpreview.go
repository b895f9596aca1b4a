package api

import (
	"context"
	"net/http"

	"github.com/bot9/bot9/internal/bot9"
)

const (
	pastConversations = 50 // the newest, that past questions are taken from
	pastMessages      = 40 // of each, at most
	pastQuestions     = 100
	ratedDown         = 2 // and below
)

// PreviewInput chooses what past questions are answered by.
type PreviewInput struct {
	SuggestThreshold *float64 `json:"suggestThreshold,omitempty" minimum:"0" maximum:"1" doc:"The score from which documents are suggested; the chatbot's own unless given" example:"0.2"`
}

type previewAnsweringInput struct{ Body PreviewInput }

func (s *server) registerAnswerPreview() {
	register(s, access{role: bot9.Developer}, operation(http.MethodPost, chatbotPath+"answering/preview", tagAnswering, "previewThreshold",
		"What a threshold would have done", "Asks the built-in engine the newest questions of the last 50 conversations again, up to 100, and tells for each threshold how many "+
			"it would have answered, asked back about, and left open. Nothing is stored or sent."), s.previewAnswering)
}

func (s *server) previewAnswering(ctx context.Context, c *caller, in *previewAnsweringInput) (*output[bot9.ThresholdPreview], error) {
	suggest := in.Body.SuggestThreshold
	if suggest == nil {
		settings, err := s.Store.Answering(ctx, c.chatbot)
		if err != nil {
			return nil, err
		}
		suggest = &settings.SuggestThreshold
	}
	past, err := s.pastQuestions(ctx, c.chatbot)
	if err != nil {
		return nil, err
	}
	return answer(s.Knowledge.Preview(ctx, c.chatbot, past, *suggest))
}

// pastQuestions gathers what the bot was asked lately, the newest conversation first.
func (s *server) pastQuestions(ctx context.Context, chatbot bot9.ChatbotID) (past []bot9.PastQuestion, err error) {
	conversations, err := s.Store.Conversations(ctx, chatbot, bot9.ConversationFilter{}, bot9.Page{Limit: pastConversations})
	if err != nil {
		return nil, err
	}
	for i := range conversations.Data {
		messages, err := s.Store.Messages(ctx, chatbot, conversations.Data[i].ID, bot9.Page{Limit: pastMessages})
		if err != nil {
			return nil, err
		}
		asked := map[bot9.MessageID]string{}
		for _, m := range messages.Data {
			if m.ChatUser == bot9.SpeakerUser {
				asked[m.ID] = m.Text
			}
			text, ok := asked[m.InReplyTo]
			if m.ChatUser != bot9.SpeakerBot || !ok {
				continue
			}
			question := bot9.PastQuestion{Text: text, RatedDown: m.Rating > 0 && m.Rating <= ratedDown}
			if len(m.Sources) > 0 {
				question.Source = m.Sources[0].DocumentID
			}
			if past = append(past, question); len(past) == pastQuestions {
				return past, nil
			}
		}
	}
	return past, nil
}
