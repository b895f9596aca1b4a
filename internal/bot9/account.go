package bot9

// Account owns chatbots. Its members are people; a person may belong to several accounts.
type Account struct {
	ID   AccountID `json:"id" doc:"The account"`
	Name string    `json:"name" doc:"What the account is called" example:"Example Ltd"`
}

// Role is what a member may do, from all to least.
type Role string

// The roles.
const (
	Owner     Role = "owner"     // everything, members included
	Admin     Role = "admin"     // everything but owners
	Developer Role = "developer" // everything about chatbots but deleting them, keys and members
	Viewer    Role = "viewer"    // look
)

// Roles lists every role, from the strongest to the weakest.
var Roles = []Role{Owner, Admin, Developer, Viewer}

// AtLeast tells whether r may do what other may. A role that doesn't exist may do nothing.
func (r Role) AtLeast(other Role) bool {
	for _, role := range Roles {
		if role == r {
			return true
		}
		if role == other {
			return false
		}
	}
	return false
}

// MemberStatus tells whether a member has taken up the invitation.
type MemberStatus string

// The states of a member.
const (
	MemberInvited MemberStatus = "invited"
	MemberActive  MemberStatus = "active"
)

// Member is a person of an account.
type Member struct {
	ID        MemberID     `json:"id" doc:"The member"`
	AccountID AccountID    `json:"-"`
	Email     string       `json:"email" doc:"Email address, which they log in with" example:"grace@example.com"`
	Name      string       `json:"name" doc:"Full name; empty until the invitation is taken up" example:"Grace Hopper"`
	Role      Role         `json:"role" enum:"owner,admin,developer,viewer" doc:"What they may do, from all (owner) to least (viewer)"`
	Status    MemberStatus `json:"status" enum:"invited,active" doc:"invited until the invitation is taken up"`
	CreatedAt Time         `json:"createdAt" format:"date-time" doc:"When they signed up or were invited"`

	PersonID PersonID `json:"-"` // zero until the invitation is taken up
}

// Label is what people call the member: the name, or the email address until there is one.
func (m *Member) Label() string {
	if m.Name != "" {
		return m.Name
	}
	return m.Email
}

// Chatbot is what holds conversations.
type Chatbot struct {
	ID        ChatbotID `json:"id" doc:"The chatbot; paths have it as {chatbotId}"`
	AccountID AccountID `json:"-"`
	Name      string    `json:"name" doc:"What the chatbot is called" example:"Support"`
	CreatedAt Time      `json:"createdAt" format:"date-time" doc:"When it was created"`
}

// Key is a chatbot's secret key, without the secret: only its hash is stored.
type Key struct {
	ID         KeyID     `json:"id" doc:"The key; not its secret"`
	ChatbotID  ChatbotID `json:"chatbotId" doc:"The chatbot whose API it opens"`
	AccountID  AccountID `json:"-"`
	Name       string    `json:"name" doc:"What the key was called, to tell keys apart" example:"production"`
	Hint       string    `json:"hint" doc:"The last four characters of the secret, to tell keys apart" example:"mP9s"`
	CreatedAt  Time      `json:"createdAt" format:"date-time" doc:"When it was created"`
	LastUsedAt Time      `json:"lastUsedAt,omitzero" format:"date-time" doc:"Exact to a minute; absent if never used"`
	RotatedAt  Time      `json:"rotatedAt,omitzero" format:"date-time" doc:"When it last got a new secret; absent if never"`
	GraceUntil Time      `json:"graceUntil,omitzero" format:"date-time" doc:"Until when the secret before the last rotation stays valid"`

	KeyLimits
}

// KeyLimits are what a key is confined to.
type KeyLimits struct {
	Scopes     []Scope  `json:"scopes,omitempty" enum:"conversations:read,conversations:write,knowledge:read,knowledge:write,events:read,events:write,webhooks:read,webhooks:write" doc:"All that the key may do; absent: everything that a developer may" example:"events:write"`
	ExpiresAt  Time     `json:"expiresAt,omitzero" format:"date-time" doc:"From when on the key is refused; absent if it doesn't expire"`
	AllowedIPs []string `json:"allowedIps,omitempty" doc:"IP addresses and CIDRs that the key may be used from; absent: from anywhere" example:"192.0.2.0/24"`
}

// Invitation is a member who was invited, and the secret text that lets them accept it.
type Invitation struct {
	Member Member
	Token  string
}

// ChatbotWithKey is a new chatbot and its first key.
type ChatbotWithKey struct {
	Chatbot Chatbot
	Key     Key
}

// NewKey is a secret key to be stored: the SHA-256 of the secret, never the secret.
type NewKey struct {
	Name string
	Hash [32]byte
	Hint string
	KeyLimits
}

// DocumentKind tells how a document answers.
type DocumentKind string

// The kinds of documents.
const (
	KindDocument DocumentKind = "document" // its passages answer what they speak of
	KindAnswer   DocumentKind = "answer"   // curated: its text, as a whole, answers its title and its questions
)

// DocumentChange is what happened to a document.
type DocumentChange string

// The changes of documents.
const (
	DocumentCreated DocumentChange = "created"
	DocumentUpdated DocumentChange = "updated"
	DocumentDeleted DocumentChange = "deleted"
)

// Document is a piece of a chatbot's knowledge, Markdown or plain text.
type Document struct {
	ID        DocumentID   `json:"id" doc:"The document"`
	ChatbotID ChatbotID    `json:"chatbotId" doc:"The chatbot that answers from it"`
	Kind      DocumentKind `json:"kind" enum:"document,answer" doc:"document = passages are found in its text; answer = its whole text is the answer to its questions, and is preferred to passages"`
	Title     string       `json:"title" doc:"What the document is called" example:"Delivery"`
	Text      string       `json:"text" doc:"Its text, Markdown or plain" example:"# How long does delivery take?\nTwo working days."`
	URL       string       `json:"url,omitempty" doc:"Where people can read it; replies name it as their source" example:"https://shop.example/delivery"`
	Questions []string     `json:"questions" doc:"What it is also asked as: questions in end users' words that it answers" example:"When does my parcel arrive?"`
	CreatedAt Time         `json:"createdAt" format:"date-time" doc:"When it was added"`
	UpdatedAt Time         `json:"updatedAt" format:"date-time" doc:"When it was added or last replaced"`
}

// Passage is a part of a document that a question was matched with.
type Passage struct {
	DocumentID DocumentID `json:"documentId" doc:"The document that it is from"`
	Title      string     `json:"title" doc:"The document's title" example:"Delivery"`
	Heading    string     `json:"heading,omitempty" doc:"The Markdown heading above the passage" example:"How long does delivery take?"`
	Text       string     `json:"text" doc:"The passage itself" example:"Delivery takes two working days."`
	Score      float64    `json:"score" doc:"From 0 to 1: how likely it answers the question; of a hundred with 0.7, some seventy do" example:"0.87"`
	Rank       float64    `json:"rank" doc:"BM25, higher is better; comparable within one search only. 0 where it has no word of the question and was found by meaning" example:"4.2"`
	Matched    []string   `json:"matched" doc:"The words of the question that the passage has" example:"delivery,take"`

	URL string `json:"-"` // of the document
}

// DocumentVersion is a version of a document, without its text.
type DocumentVersion struct {
	ID        DocumentID
	UpdatedAt Time // another after every change
	Encoded   bool // whether there are vectors of this state
}

// DocumentVectors is what a document's texts mean: vectors, one after the other, a byte for each value (int8).
type DocumentVectors struct {
	DocumentID DocumentID
	UpdatedAt  Time // of the state that they are of
	Dimensions int  // bytes of each vector
	Vectors    []byte
}
