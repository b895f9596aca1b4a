package bot9

// AnsweringEngine names what answers an end user's questions.
type AnsweringEngine string

// The engines.
const (
	EngineKnowledge AnsweringEngine = "knowledge" // the built-in one: passages of the chatbot's documents
	EngineModel     AnsweringEngine = "model"     // a language model that speaks OpenAI's protocol
	EngineNone      AnsweringEngine = "none"      // nobody: the integrator's own bot answers through the API
)

// What holds for a chatbot that doesn't say otherwise.
const (
	DefaultThreshold        = 0.7
	DefaultSuggestThreshold = 0.2
	LanguageAuto            = "auto"

	DefaultMaxTokens             = 800
	DefaultModelTimeout          = 30 // seconds
	DefaultTokensPerDay          = 1_000_000
	DefaultTokensPerConversation = 100_000
	DefaultMaxConcurrent         = 8
	DefaultAfterNotFound         = 2
	DefaultOwnBotTimeout         = 60 // seconds
)

// Answering is how a chatbot answers.
type Answering struct {
	ChatbotID ChatbotID `json:"-"`
	Version   int64     `json:"-"` // grows with every change; 0 = never changed

	Engine           AnsweringEngine     `json:"engine" enum:"knowledge,model,none" doc:"What answers: knowledge = the built-in engine, model = a language model, none = your own bot through the API"`
	Instructions     string              `json:"instructions" doc:"How the model is to answer: tone, rules, what to leave to people. The built-in engine doesn't read them" example:"Be brief and friendly. Never promise dates."`
	Threshold        float64             `json:"threshold" doc:"The score, 0 to 1, from which a passage is an answer. A score is a probability: of a hundred answers with 0.7, some seventy are right" example:"0.7"`
	SuggestThreshold float64             `json:"suggestThreshold" doc:"The score, 0 to 1, from which documents are suggested (\"Did you mean …\") where none reaches threshold" example:"0.2"`
	Language         string              `json:"language" doc:"The language of answers as a BCP 47 tag, or auto: the end user's" example:"auto"`
	Model            ModelSettings       `json:"model" doc:"The language model, for the engine model"`
	Embeddings       *EmbeddingsSettings `json:"embeddings" doc:"A server that makes the vectors of passages and questions; null = the built-in encoder"`
	Handover         HandoverSettings    `json:"handover" doc:"When a person takes over"`
	Hours            *Hours              `json:"hours" doc:"When people answer; null = always"`
	OwnBot           OwnBotSettings      `json:"ownBot" doc:"For the engine none"`
}

// ModelSettings says which language model answers, and within which limits.
type ModelSettings struct {
	BaseURL     string   `json:"baseUrl" doc:"Base URL of a server that speaks OpenAI's protocol: its path /chat/completions is called; empty = not set up" example:"https://api.openai.com/v1"`
	Model       string   `json:"model" doc:"The model's name at that server" example:"gpt-4o-mini"`
	APIKey      string   `json:"-"`
	APIKeySet   bool     `json:"apiKeySet" doc:"Whether an apiKey is kept; it is encrypted and never shown"`
	Temperature *float64 `json:"temperature" doc:"0 to 2; null = the server's default" example:"0.2"`
	MaxTokens   int      `json:"maxTokens" doc:"The longest answer, in tokens" example:"800"`
	Timeout     int      `json:"timeoutSeconds" doc:"Seconds until a complete answer must be there" example:"30"`
	Strict      bool     `json:"strict" doc:"Whether the model may answer from passages only, which it has to cite; what cites nothing that was found is no answer" example:"true"`

	TokensPerDay          int64 `json:"tokensPerDay" doc:"Tokens that the chatbot may use in a day (UTC), read and written; then the built-in engine answers; 0 = any number" example:"1000000"`
	TokensPerConversation int64 `json:"tokensPerConversation" doc:"Tokens that one conversation may use in a day (UTC); then the built-in engine answers; 0 = any number" example:"100000"`
	MaxConcurrent         int   `json:"maxConcurrent" doc:"Answers that the model writes at once, on each node; others wait their turn" example:"8"`
}

// Ready tells whether there is a model to ask.
func (m *ModelSettings) Ready() bool { return m.BaseURL != "" && m.Model != "" }

// EmbeddingsSettings says which server makes vectors.
type EmbeddingsSettings struct {
	BaseURL   string `json:"baseUrl" doc:"Base URL of a server that speaks OpenAI's protocol: its path /embeddings is called" example:"https://api.openai.com/v1"`
	Model     string `json:"model" doc:"The model's name at that server" example:"text-embedding-3-small"`
	APIKey    string `json:"-"`
	APIKeySet bool   `json:"apiKeySet" doc:"Whether an apiKey is kept; it is encrypted and never shown"`
}

// HandoverSettings says when a person takes over.
type HandoverSettings struct {
	AfterNotFound int      `json:"afterNotFound" doc:"After so many questions in a row without an answer; 0 = never for that reason" example:"2"`
	Words         []string `json:"words" doc:"Words and phrases that hand over wherever an end user says them. That somebody asks for a person is understood besides, in the widget's languages" example:"complaint,lawyer"`
	Offer         bool     `json:"offer" doc:"Whether a reply without an answer offers a person" example:"true"`
	Rule          string   `json:"rule" doc:"A CEL expression over the envelope of messageReceived, as webhooks' filters: a message for which it is true hands over; empty = none" example:"data.message.contains(\"refund\")"`
}

// OwnBotSettings is about a bot of the integrator's.
type OwnBotSettings struct {
	TimeoutSeconds int `json:"timeoutSeconds" doc:"How long the end user is shown that the bot is typing, until it answers" example:"60"`
}

// Hours are when people answer.
type Hours struct {
	Timezone string `json:"timezone" doc:"IANA time zone" example:"Europe/Berlin"`
	Week     []Open `json:"week" doc:"When people are there; several spans a day are possible"`
	Away     string `json:"away" doc:"What end users are told outside the hours; {back} stands for when somebody is back. Empty = a message in the language of the question" example:"We are back {back}. Leave your email address, and we will write to you."`
}

// Open is a span of a weekday.
type Open struct {
	Day  string `json:"day" enum:"mon,tue,wed,thu,fri,sat,sun" doc:"The weekday" example:"mon"`
	From string `json:"from" pattern:"^([01][0-9]|2[0-3]):[0-5][0-9]$" doc:"Local time, hh:mm" example:"09:00"`
	To   string `json:"to" pattern:"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$" doc:"Local time after from, hh:mm; 24:00 = midnight" example:"17:00"`
}

// Weekdays are the days as Open names them, by time.Weekday.
var Weekdays = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// DefaultAnswering is how a chatbot answers until somebody says otherwise.
func DefaultAnswering(chatbot ChatbotID) Answering {
	return Answering{
		ChatbotID: chatbot, Engine: EngineKnowledge, Threshold: DefaultThreshold, SuggestThreshold: DefaultSuggestThreshold, Language: LanguageAuto,
		Model: DefaultModel(), Handover: DefaultHandover(), OwnBot: OwnBotSettings{TimeoutSeconds: DefaultOwnBotTimeout},
	}
}

// DefaultModel is a model's settings before anything is set up.
func DefaultModel() ModelSettings {
	return ModelSettings{
		MaxTokens: DefaultMaxTokens, Timeout: DefaultModelTimeout, Strict: true,
		TokensPerDay: DefaultTokensPerDay, TokensPerConversation: DefaultTokensPerConversation, MaxConcurrent: DefaultMaxConcurrent,
	}
}

// DefaultHandover is when a person takes over unless somebody says otherwise.
func DefaultHandover() HandoverSettings {
	return HandoverSettings{AfterNotFound: DefaultAfterNotFound, Words: []string{}, Offer: true}
}

// AnsweringChanges tells what differs between two states, for the audit log. Keys are only said to have changed.
func AnsweringChanges(before, after *Answering) AuditChanges {
	changes := differences(before.fields(), after.fields())
	key := func(name, from, to string) {
		if from == to {
			return
		}
		change := AuditChange{}
		if from != "" {
			change.From = Masked
		}
		if to != "" {
			change.To = Masked + changedMark
		}
		changes[name] = change
	}
	key("model.apiKey", before.Model.APIKey, after.Model.APIKey)
	key("embeddings.apiKey", before.embeddingsKey(), after.embeddingsKey())
	return changes
}

func (a *Answering) embeddingsKey() string {
	if a.Embeddings == nil {
		return ""
	}
	return a.Embeddings.APIKey
}

// fields are the settings as the API shows them, by name; those of the model are told apart.
func (a *Answering) fields() map[string]any {
	fields, err := jsonFields(a)
	if err != nil {
		return nil // no settings are like that
	}
	if model, ok := fields["model"].(map[string]any); ok {
		delete(fields, "model")
		for name, value := range model {
			fields["model."+name] = value
		}
	}
	return fields
}
