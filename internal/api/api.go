package api

import (
	"log/slog"
	"net/http"
	"net/url"

	"github.com/danielgtaylor/huma/v2"

	"github.com/bot9/bot9/internal/bot9"
)

// Options is what the API needs of others.
type Options struct {
	Auth       Auth
	Chat       Chat
	Store      Store
	Knowledge  Knowledge
	TestSender TestSender
	Live       Live
	Presence   Presence
	Visitors   Visitors
	Sealer     Sealer

	// CheckWebhook refuses a webhook's URL, headers, filter or other settings with Invalid.
	CheckWebhook func(*bot9.Webhook) error
	// CheckFilter refuses a webhook's filter with Invalid; Filters evaluates those that it doesn't.
	CheckFilter func(string) error
	Filters     Filters
	// CheckAnswering refuses how a chatbot is to answer with Invalid.
	CheckAnswering func(*bot9.Answering) error
	Answering      Answering
	// CheckAction refuses a custom action with Invalid.
	CheckAction func(*bot9.CustomAction) error
	// NewSecret makes a signing secret ("whsec_…").
	NewSecret func() string
	// NewSigningKey makes a key for the scheme v1a ("whsk_…"), and its public one ("whpk_…").
	NewSigningKey func() (private, public string)
	// CheckSecret refuses what is no signing secret with Invalid.
	CheckSecret func(string) error
	// NewReceiverToken makes a text that nobody can guess; a receiver's URL is BaseURL, ReceiverPath and it.
	NewReceiverToken func() string
	ReceiverPath     string

	BaseURL string // where people reach the server, e.g. "https://bot9.example.com"; https makes cookies Secure
	Version string // of the program, for the OpenAPI document

	PerCaller  Limit // requests of one key or person
	PerAddress Limit // log-ins and sign-ups from one IP address

	PerVisitor        Limit // what one visitor of a widget does
	PerVisitorAddress Limit // what visitors of widgets do from one IP address, but for this machine's own

	BodyMemory int // bytes that large request bodies take together; 0 = 64 MiB

	Quotas bot9.Quotas // how many of each thing there may be; the store refuses what is kept there

	// ClientIP tells who connected, where a trusted proxy stands in front; nil takes the connection's peer.
	ClientIP func(*http.Request) string
	// Stopping ends live streams when it is closed; nil never does.
	Stopping <-chan struct{}
	// Log takes the access log and internal errors; nil discards them.
	Log *slog.Logger
}

// Store is the part of the store that the API calls by itself.
type Store interface {
	AnswerStore
	AccountStore
	ChatbotStore
	KeyStore
	ConversationStore
	InboxStore
	NotebookStore
	DocumentStore
	AnsweringStore
	InstructionStore
	ActionStore
	RawStore
	EventStore
	WebhookStore
	DeliveryStore
	ReplayStore
	ReceiverStore
	AuditStore
	WidgetStore
	VisitorStore
	AttachmentStore
}

// API serves /api/….
type API struct {
	handler http.Handler
	huma    huma.API
}

// ServeHTTP implements http.Handler.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.handler.ServeHTTP(w, r) }

// OpenAPI returns the OpenAPI 3.1 document as YAML.
func (a *API) OpenAPI() ([]byte, error) { return a.huma.OpenAPI().YAML() }

type server struct {
	Options
	router      *router
	huma        huma.API
	crossOrigin *http.CrossOriginProtection
	bodies      *bodies
	byCaller    *limiter
	byAddress   *limiter

	byVisitor, byVisitorAddress *limiter

	previews    chan struct{} // those that run
	uploads     chan struct{} // those that run
	streams     places
	stats       statsCache
	keySet      keySetCache
	unavailable oncePerSecond // answers 503 in the log
	secure      bool          // cookies travel by HTTPS only
}

// New makes the API. It fails if the base URL is none.
func New(options Options) (*API, error) {
	if options.Log == nil {
		options.Log = slog.New(slog.DiscardHandler)
	}
	if options.ClientIP == nil {
		options.ClientIP = remoteIP
	}
	s := &server{
		Options:     options,
		crossOrigin: http.NewCrossOriginProtection(),
		bodies:      newBodies(options.BodyMemory),
		byCaller:    newLimiter(options.PerCaller),
		byAddress:   newLimiter(options.PerAddress),

		byVisitor: newLimiter(options.PerVisitor), byVisitorAddress: newLimiter(options.PerVisitorAddress),

		previews: make(chan struct{}, previewsAtOnce),
		uploads:  make(chan struct{}, uploadsAtOnce),
	}
	if options.BaseURL != "" {
		base, err := url.Parse(options.BaseURL)
		if err != nil {
			return nil, err
		}
		if err := s.crossOrigin.AddTrustedOrigin(base.Scheme + "://" + base.Host); err != nil {
			return nil, err
		}
		s.secure = base.Scheme == "https"
	}
	s.router = newRouter(s)
	s.huma = huma.NewAPI(document(options.Version), s.router)
	s.registerAll()
	if err := s.finishDocument(); err != nil {
		return nil, err
	}
	handler, err := compress(s.observe(s.router))
	if err != nil {
		return nil, err
	}
	return &API{handler: handler, huma: s.huma}, nil
}

// registerAll registers the operations, resource by resource, in the order of the document.
func (s *server) registerAll() {
	s.registerAccount()
	s.registerDeviceLogins()
	s.registerMembers()
	s.registerPeople()
	s.registerFactors()
	s.registerChatbots()
	s.registerKeys()
	s.registerConversations()
	s.registerExport()
	s.registerChat()
	s.registerPresence()
	s.registerInbox()
	s.registerNotes()
	s.registerCannedReplies()
	s.registerKnowledge()
	s.registerAnswering()
	s.registerAnswerPreview()
	s.registerTrial()
	s.registerInstructions()
	s.registerActions()
	s.registerRawData()
	s.registerEvents()
	s.registerStream()
	s.registerWebhooks()
	s.registerStats()
	s.registerDeliveries()
	s.registerReplays()
	s.registerRetries()
	s.registerReceivers()
	s.registerAudit()
	s.registerWidget()
	s.registerVisitors()
}
