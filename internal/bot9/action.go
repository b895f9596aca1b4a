package bot9

// CustomAction is an HTTP request that a model may have made for an end user.
type CustomAction struct {
	ID          ActionID  `json:"id" doc:"The action"`
	ChatbotID   ChatbotID `json:"-"`
	Version     int64     `json:"-"`
	Name        string    `json:"name" doc:"What the model calls it" example:"orderStatus"`
	Description string    `json:"description" doc:"When the model is to use it, and what for" example:"Looks up where an order is"`
	ActionType  string    `json:"actionType" enum:"http_request" doc:"Always http_request" example:"http_request"`
	SideEffect  bool      `json:"isSideEffect" doc:"Whether it changes something: then the end user is asked first, and only a plain yes lets it go ahead"`
	Active      bool      `json:"isActive" doc:"Whether the model may use it"`

	Meta ActionMeta `json:"meta" doc:"The request"`

	DeletedAt *Time `json:"deletedAt" doc:"Always null: what is deleted is gone. Existing Bot9 clients read it"`
}

// ActionMeta is an action's request, in Bot9's historic shape.
type ActionMeta struct {
	Method      string            `json:"method"`
	URL         string            `json:"url"`
	Headers     map[string]string `json:"headers"`
	PathParams  []ActionParam     `json:"pathParams"`
	QueryParams []ActionParam     `json:"queryParams"`
	Body        []ActionParam     `json:"body"`

	LogoURL    string `json:"logoURL"`
	Code       string `json:"code"`
	DeployID   string `json:"denoDeploymentId"`
	Parameters string `json:"-"` // JSON Schema of the arguments, "" = made from the placeholders
}

// ActionParam is one parameter of an action's request.
type ActionParam struct {
	Key         string `json:"key" doc:"The parameter's name" example:"order"`
	Value       any    `json:"value" doc:"A fixed value, or text with {{placeholders}} that the model fills in; empty = the model gives the whole value" example:"\"{{order}}\""`
	Description string `json:"description" doc:"What it means, for the model" example:"The order's number, such as A-17"`
	Type        string `json:"type" doc:"string, number, integer, boolean, array or object" example:"string"`
}

// Instruction is a rule for the model.
type Instruction struct {
	ID         InstructionID
	ChatbotID  ChatbotID
	CategoryID CategoryID // zero = the one that every chatbot has
	Name       string
	Text       string
	Active     bool
	Version    int64
}

// InstructionCategory groups instructions.
type InstructionCategory struct {
	ID          CategoryID
	ChatbotID   ChatbotID
	Name        string
	Description string
}

// Bounds of what a chatbot may have of these.
const (
	MaxActions      = 100
	MaxInstructions = 300
	MaxCategories   = 50
)
