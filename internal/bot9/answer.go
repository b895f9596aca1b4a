package bot9

// Answer is what an answering engine has to say to a question.
type Answer struct {
	Text     string    // what to tell the end user, also when nothing was found
	Found    bool      // whether the engine trusts it as an answer
	TopScore float64   // the best passage's score, 0 to 1; 0 if there was none
	Passages []Passage // what it was made from, best first
}
