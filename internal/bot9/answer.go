package bot9

import "context"

// Answer is what an answering engine has to say to a question.
type Answer struct {
	Text     string    // what to tell the end user, also when nothing was found
	Found    bool      // whether the engine trusts it as an answer
	TopScore float64   // the best passage's score, 0 to 1; 0 if there was none
	Passages []Passage // what it was made from, best first

	Sources     []Source     // of the text, best first; none unless Found
	Suggestions []Suggestion // what the end user may have meant, if the engine is unsure; then Found is false

	Usage    *Usage      // nil if nothing was spent
	Actions  []ActionRun // custom actions that were executed for it, in order
	Confirm  *Confirm    // what the end user is asked to agree to; nil if nothing
	Handover string      // why a person is to take over, as an action or the model asked; "" if not
	Silent   bool        // somebody else answers: the integrator's own bot
	Fallback string      // why another engine than the chosen one answered, by one of the reasons below; "" if it did not
	Prompt   []PromptMessage
}

// Reasons of Answer.Fallback.
const (
	FallbackDay          = "tokensPerDay"
	FallbackConversation = "tokensPerConversation"
)

// PromptMessage is one message of what a model was sent.
type PromptMessage struct {
	Role    string `json:"role" enum:"system,user,assistant,tool" doc:"Whose message it is to the model"`
	Content string `json:"content" doc:"The text"`
}

// Question is what an answering engine is asked.
type Question struct {
	ChatbotID      ChatbotID
	ConversationID ConversationID // zero in a trial
	User           EndUser
	Text           string
	History        []Message // what was said before, oldest first
	Trial          bool      // for somebody who tries settings out: nothing that changes something is executed
}

// Unsure tells whether the answer only suggests what may have been meant. The end user is asked, so nothing is missing yet.
func (a *Answer) Unsure() bool { return !a.Found && len(a.Suggestions) > 0 }

// AnswerStream is what an engine tells while it works. A nil function is told nothing.
type AnswerStream struct {
	// Say takes parts of the answer as they are written. The complete answer counts: parts may have been withdrawn.
	Say func(text string)
	// Ran is told of an action right after it was executed.
	Ran func(ctx context.Context, run ActionRun) error
}

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

// Usage is what an answer took.
type Usage struct {
	InputTokens  int64  `json:"inputTokens" doc:"Tokens that the model read, of all its calls for this answer; 0 for the built-in engine" example:"812"`
	OutputTokens int64  `json:"outputTokens" doc:"Tokens that the model wrote" example:"96"`
	Milliseconds int64  `json:"milliseconds" doc:"From the question to the complete answer" example:"1840"`
	Model        string `json:"model" doc:"The model that answered; empty for the built-in engine" example:"llama3.2"`
}

// ActionRun is one execution of a custom action.
type ActionRun struct {
	ActionID ActionID `json:"actionId" doc:"The action"`
	Name     string   `json:"name" doc:"What the action was called" example:"orderStatus"`
	OK       bool     `json:"ok" doc:"Whether the action's server answered 2xx" example:"true"`
	Status   int      `json:"status" doc:"The response's HTTP status; 0 if there was none" example:"200"`

	Milliseconds int64         `json:"milliseconds" doc:"How long it took" example:"140"`
	Error        string        `json:"error,omitempty" doc:"What went wrong, in words; absent if nothing did"`
	Request      ActionRequest `json:"-"` // masked
	Answer       string        `json:"-"` // masked, and cut
}

// ActionRequest is a request as it may be shown: without secrets.
type ActionRequest struct {
	Method  string            `json:"method"`
	URL     string            `json:"url"`
	Headers map[string]string `json:"headers"`
	Body    string            `json:"body"`
}

// Confirm is an action that changes something, and waits for the end user's yes.
type Confirm struct {
	ActionID  ActionID       `json:"actionId" doc:"The action"`
	Action    string         `json:"action" doc:"The action's name" example:"cancelOrder"`
	Arguments map[string]any `json:"arguments" doc:"What it would be called with"`
}

// AnswerDetails is how a reply of the bot came about, its sources apart.
type AnswerDetails struct {
	Found   bool        `json:"answerFound" doc:"Whether the bot trusted its answer"`
	Usage   *Usage      `json:"usage,omitempty" doc:"What it took"`
	Actions []ActionRun `json:"actions,omitempty" doc:"Custom actions that were executed for it, in order"`
	Confirm *Confirm    `json:"confirm,omitempty" doc:"The action that the end user was asked to agree to"`

	Fallback string `json:"fallback,omitempty" enum:"tokensPerDay,tokensPerConversation" doc:"Why the built-in engine answered in place of the model: which budget of tokens is used up; absent if it didn't"`
	LeadForm bool   `json:"leadForm,omitempty" doc:"Whether to ask the end user for contact details: a person is wanted, and none is there at this hour"`
}

// PastQuestion is a question that a chatbot was asked, and what its end user thought of the reply.
type PastQuestion struct {
	Text      string
	RatedDown bool       // the reply was rated 1 or 2
	Source    DocumentID // what the reply was made from; 0 if nothing
}

// ThresholdPreview tells what would have become of past questions.
type ThresholdPreview struct {
	Questions int              `json:"questions" doc:"How many past questions were looked at: the newest, each wording once" example:"84"`
	Levels    []ThresholdLevel `json:"levels" doc:"What would have become of them, by threshold, 0.05 to 0.95"`
	Examples  []PreviewExample `json:"examples" doc:"The questions, the surest first"`
}

// ThresholdLevel is what would have become of past questions at one threshold.
type ThresholdLevel struct {
	Threshold float64 `json:"threshold" doc:"The score from which a passage is an answer" example:"0.6"`
	Answered  int     `json:"answered" doc:"Questions that would have been answered" example:"60"`
	RatedDown int     `json:"ratedDown" doc:"Of those, how many would have been answered from a document whose answer to the same question the end user rated 1 or 2" example:"3"`
	Suggested int     `json:"suggested" doc:"Questions where the bot would have asked back" example:"14"`
	NotFound  int     `json:"notFound" doc:"Questions without an answer" example:"10"`
}

// PreviewExample is a past question with the document that answers it best.
type PreviewExample struct {
	Message    string     `json:"message" doc:"The question" example:"How long does delivery take?"`
	Score      float64    `json:"score" doc:"From 0 to 1: how likely the document answers it" example:"0.87"`
	DocumentID DocumentID `json:"documentId,omitzero" doc:"The document; absent if none was found"`
	Title      string     `json:"title" doc:"Its title" example:"Delivery"`
	RatedDown  bool       `json:"ratedDown" doc:"Whether its end user rated an answer from the same document 1 or 2"`
}

// KnowledgeStatus tells how far the knowledge is worked out.
type KnowledgeStatus struct {
	Documents int64  `json:"documents" doc:"How many there are" example:"120"`
	Encoded   int64  `json:"encoded" doc:"How many of them are answered from by meaning. The others are answered from by their words until they are, which takes some seconds for each hundred" example:"118"`
	Meaning   string `json:"meaning" enum:"ready,working,off" doc:"ready = all documents are answered from by meaning; working = some are still being worked out; off = the server was built without the model, and answers by words only"`
	Model     string `json:"model" doc:"The model of meaning; empty if there is none" example:"universal-sentence-encoder-multilingual 3"`
}
