package bot9

// WidgetSource is the source of conversations that people begin in the widget.
const WidgetSource = "website-widget"

// When the widget asks for contact details.
const (
	LeadNever    = "never"
	LeadStart    = "start"    // before the first message
	LeadHandover = "handover" // once a human is asked for
)

// WidgetLead says when the widget asks for contact details, and for which.
type WidgetLead struct {
	When   string   `json:"when" enum:"never,start,handover" doc:"never; start = before the first message; handover = once a human is asked for"`
	Fields []string `json:"fields" enum:"name,emailId,phone" doc:"What to ask for" example:"name,emailId"`
}

// WidgetLook is what people see of a chatbot's widget: the part of its settings that every visitor's browser is told.
type WidgetLook struct {
	Title       string     `json:"title" doc:"The window's heading" example:"Shop support"`
	Greeting    string     `json:"greeting" doc:"What the window says before the first message" example:"Hi! How can we help?"`
	Suggestions []string   `json:"suggestions" doc:"Questions that can be asked by a click, at most 6" example:"How long does delivery take?"`
	Color       string     `json:"color" doc:"Accent colour; text on it is black or white, whichever contrasts better" example:"#4f46e5"`
	Position    string     `json:"position" enum:"right,left" doc:"The corner that the launcher is in; left and right are swapped for languages written from right to left"`
	Locale      string     `json:"locale" enum:"auto,en,de,fr,es,it,nl,pt,ja" doc:"Language of the widget's own words; auto = the visitor's browser chooses"`
	Lead        WidgetLead `json:"lead" doc:"Whether the widget asks for contact details"`
	CSAT        bool       `json:"csat" doc:"Ask for a score and a comment when a conversation is closed"`
	Ratings     bool       `json:"ratings" doc:"Show thumbs under the bot's answers"`
	Attachments bool       `json:"attachments" doc:"Let visitors send images and PDF files"`
	Handover    bool       `json:"handover" doc:"Offer to talk to a person"`
}

// Widget is how a chatbot appears on websites, and who may embed it.
type Widget struct {
	ChatbotID      ChatbotID `json:"chatbotId" doc:"The chatbot that answers"`
	Enabled        bool      `json:"enabled" doc:"Whether the widget answers at all"`
	AllowedOrigins []string  `json:"allowedOrigins" doc:"Origins of the pages that may embed the widget, each exact in scheme, host and port. The server's own pages always may" example:"https://shop.example"`
	WidgetLook
	Blocked        []string `json:"blocked" doc:"Who is refused: IP addresses, CIDRs and end users' IDs" example:"203.0.113.7"`
	IdentitySecret string   `json:"identitySecret,omitempty" doc:"Key of the HMAC that proves an end user's externalId: keep it on your server. Shown to owners and admins only" example:"bot9_is_5tTgWq0rB1o7c2WkVd3N8xYzA4hLmP9s"`
}

// NewWidget is a chatbot's widget before anybody has changed it.
func NewWidget(chatbot ChatbotID) Widget {
	return Widget{
		ChatbotID: chatbot, Enabled: true, AllowedOrigins: []string{}, Blocked: []string{},
		WidgetLook: WidgetLook{
			Suggestions: []string{}, Color: "#4f46e5", Position: "right", Locale: "auto",
			Lead: WidgetLead{When: LeadNever, Fields: []string{"name", "emailId"}}, CSAT: true, Ratings: true, Handover: true,
		},
	}
}

// Subject is what a visitor of a chatbot is known by: the hash of the visitor's lasting secret, or of a proven externalId.
type Subject [32]byte

// Visitor is somebody who talks to a chatbot in the widget.
type Visitor struct {
	ChatbotID      ChatbotID
	Subject        Subject
	ExternalID     string // proven; "" for an anonymous visitor
	ClaimedID      string // an externalId that the page claimed without proof; never joined with a proven one
	Details        Details
	Attributes     Attributes     // that the page told of the end user
	EndUserID      EndUserID      // zero before the first conversation
	ConversationID ConversationID // the newest; zero before the first
	ReadID         MessageID      // the newest message that the visitor has seen
}

// Attributes are custom properties of an end user, as a JSON object; "" is none.
type Attributes string

// MarshalJSON implements json.Marshaler.
func (a Attributes) MarshalJSON() ([]byte, error) {
	if a == "" {
		return []byte("{}"), nil
	}
	return []byte(a), nil
}

// UnmarshalJSON implements json.Unmarshaler.
func (a *Attributes) UnmarshalJSON(text []byte) error {
	*a = Attributes(text)
	if *a == "{}" || *a == "null" {
		*a = ""
	}
	return nil
}

// Opening tells when a visitor's action begins a new conversation.
type Opening int

// The openings.
const (
	OpenNever    Opening = iota // it needs a conversation
	OpenFirst                   // if there is none
	OpenUnlessOn                // if there is none, or it is closed
)

// VisitorAction is what a visitor does in their conversation.
type VisitorAction struct {
	Visitor  Visitor
	ClientID string // of a message: the same one is said once; "" for other actions
	Opens    Opening
}

// VisitorResult is what came of a visitor's action.
type VisitorResult struct {
	Changed
	MessageID MessageID // of the message, also when it was said before
	Repeated  bool      // it was said before: nothing has changed
}

// SessionInput is what a browser says when it begins or renews a visitor's session.
type SessionInput struct {
	Secret     string // the visitor's lasting secret; "" for a new visitor
	ExternalID string // to be proven by Hash
	Hash       string
	ClaimedID  string
	Details    Details
	Attributes Attributes
}

// VisitorSession is a visitor's session.
type VisitorSession struct {
	Visitor   Visitor
	Anonymous Visitor // who the browser's secret stands for; the same as Visitor unless an external ID was proven
	Secret    string
	Token     string
	ExpiresAt Time
}

// VisitorUpdate is one thing that a visitor's stream tells.
type VisitorUpdate struct {
	ID     EventID // zero for what can't be resumed after: parts of replies, and typing
	Before EventID // of a part of a reply that is stored already: the event that brings the whole
	Name   string
	Data   []byte // JSON, one line

	Message *Message // of a "message"
}

// MaxAttachment is how many bytes a file may have.
const MaxAttachment = 10 << 20

// MaxAttachments is how many files a message may have.
const MaxAttachments = 5

// Attachment is a file that was sent in a conversation.
type Attachment struct {
	ID   AttachmentID `json:"id" doc:"The file"`
	Name string       `json:"name" doc:"What it is called" example:"receipt.pdf"`
	Type string       `json:"type" doc:"Its media type, found by its content" example:"application/pdf"`
	Size int64        `json:"size" doc:"In bytes" example:"48213"`
	URL  string       `json:"url" doc:"Where it can be read; whoever has the address may" example:"https://bot9.example.com/api/attachments/fil_38g4k4jvm0001?token=AbCd"`
}

// NewAttachment is a file that is to be kept.
type NewAttachment struct {
	ChatbotID ChatbotID
	Subject   []byte // the visitor's; empty for an agent's
	Token     string // that reads it; only its hash is kept
	Name      string
	Type      string
	Data      []byte
}
