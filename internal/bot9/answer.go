package bot9

// Answer is what an answering engine has to say to a question.
type Answer struct {
	Text     string    // what to tell the end user, also when nothing was found
	Found    bool      // whether the engine trusts it as an answer
	TopScore float64   // the best passage's score, 0 to 1; 0 if there was none
	Passages []Passage // what it was made from, best first

	Sources     []Source     // of the text, best first; none unless Found
	Suggestions []Suggestion // what the end user may have meant, if the engine is unsure; then Found is false
}

// Unsure tells whether the answer only suggests what may have been meant. The end user is asked, so nothing is missing yet.
func (a *Answer) Unsure() bool { return !a.Found && len(a.Suggestions) > 0 }

// Source is a passage that a reply was made from.
type Source struct {
	DocumentID DocumentID `json:"documentId" doc:"The document"`
	Title      string     `json:"title" doc:"The document's title" example:"Delivery"`
	URL        string     `json:"url" doc:"Where people can read the document; empty if it gives no address" example:"https://shop.example/delivery"`
	Passage    string     `json:"passage" doc:"The part of it that the reply was made from" example:"Delivery takes two working days."`
	Score      float64    `json:"score" doc:"From 0 to 1: how likely the passage answers the question" example:"0.87"`
}

// Suggestion is a document that the end user may have meant.
type Suggestion struct {
	DocumentID DocumentID `json:"documentId" doc:"The document"`
	Title      string     `json:"title" doc:"Its title, which as a message gets the document as the answer" example:"Delivery"`
}
