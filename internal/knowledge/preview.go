package knowledge

import (
	"cmp"
	"context"
	"slices"

	"github.com/bot9/bot9/internal/bot9"
)

// Preview tells what would become of past questions at each threshold, with suggestions from the given score on. Questions of
// the same words count once. It answers all of them, which takes about 10 ms for each.
func (e *Engine) Preview(ctx context.Context, chatbot bot9.ChatbotID, past []bot9.PastQuestion, suggest float64) (bot9.ThresholdPreview, error) {
	preview := bot9.ThresholdPreview{Levels: []bot9.ThresholdLevel{}, Examples: []bot9.PreviewExample{}}
	seen := map[string]bool{}
	for _, question := range past {
		name := normalized(question.Text)
		if seen[name] || name == "" {
			continue
		}
		seen[name] = true
		example := bot9.PreviewExample{Message: question.Text}
		err := e.look(ctx, chatbot, question.Text, func(all []*candidate) {
			for _, c := range all {
				if c.probability > example.Score {
					example.Score, example.DocumentID, example.Title = c.probability, c.entry.id, c.entry.title
				}
			}
		})
		if err != nil {
			return preview, err
		}
		example.RatedDown = question.RatedDown && question.Source == example.DocumentID
		preview.Examples = append(preview.Examples, example)
	}
	preview.Questions = len(preview.Examples)
	for step := 1; step < 20; step++ {
		level := bot9.ThresholdLevel{Threshold: float64(step*5) / 100}
		for _, example := range preview.Examples {
			switch {
			case example.Score >= level.Threshold:
				level.Answered++
				if example.RatedDown {
					level.RatedDown++
				}
			case example.Score >= suggest && example.Score > 0:
				level.Suggested++
			default:
				level.NotFound++
			}
		}
		preview.Levels = append(preview.Levels, level)
	}
	slices.SortStableFunc(preview.Examples, func(a, b bot9.PreviewExample) int { return cmp.Compare(b.Score, a.Score) })
	return preview, nil
}
