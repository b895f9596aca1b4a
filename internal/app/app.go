// Package app wires the parts together: it alone knows them all. It starts and stops them, for the
// program and, in the same process, for tests.
package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/bot9/bot9/internal/answering"
	"github.com/bot9/bot9/internal/api"
	"github.com/bot9/bot9/internal/auth"
	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/chat"
	"github.com/bot9/bot9/internal/delivery"
	"github.com/bot9/bot9/internal/knowledge"
	"github.com/bot9/bot9/internal/presence"
	"github.com/bot9/bot9/internal/receiver"
	"github.com/bot9/bot9/internal/seal"
	"github.com/bot9/bot9/internal/store"
	"github.com/bot9/bot9/internal/visitor"
	"github.com/bot9/bot9/internal/webhook"
)

const (
	purgeInterval = time.Minute
	owedInterval  = 5 * time.Second
	quietInterval = 20 * time.Second // between passes that close silent conversations
	diskReserve   = 64 << 20         // bytes beside the embedded database: its log, copied back, fits in, and many deliveries that end
	signatureAge  = 5 * time.Minute
)

// App is a running server.
type App struct {
	settings   Settings
	log        *slog.Logger
	baseURL    string
	listener   net.Listener
	server     *http.Server
	store      *store.Store
	dispatcher *delivery.Dispatcher
	auth       *auth.Service
	chat       *chat.Service
	knowledge  *knowledge.Engine
	encoder    knowledge.Encoder // nil: the program was built without the model
	models     *webhook.Guard    // which targets language models may have
	answering  *answering.Service
	sender     *webhook.Sender
	filters    webhook.Filters
	receiver   *receiver.Handler
	presence   presence.Hub
	visitors   *visitor.Service

	background sync.WaitGroup
	served     chan error
	closed     sync.Once
	working    context.Context // ended by stopWork: live streams and what runs in the background end with it
	stopWork   context.CancelFunc

	metricsListener net.Listener // nil without --metrics-addr
	metricsServer   *http.Server
}

// New opens the database, wires everything and listens. Nothing is served or delivered before Start.
func New(ctx context.Context, settings Settings, log *slog.Logger) (_ *App, err error) {
	a := &App{settings: settings, log: log, served: make(chan error, 1)}
	a.working, a.stopWork = context.WithCancel(context.Background())
	defer func() {
		if err != nil {
			end, cancel := context.WithTimeout(context.Background(), stopTime)
			defer cancel()
			a.release(&stopping{log, end}, closeTime)
		}
	}()
	if err := a.listen(); err != nil {
		return nil, err
	}
	sealer, err := openSealer(settings)
	if err != nil {
		return nil, err
	}
	a.store, err = store.Open(ctx, store.Options{URL: settings.DatabaseURL, Sealer: sealer, Filters: &a.filters, Announcer: chat.Announcer{}, Quotas: settings.Quotas(), Passages: knowledge.Passages, Retention: settings.Keep, Reserve: diskReserve, AuditRetention: settings.KeepAudit, AcceptClock: settings.AcceptClock, CommitDelay: settings.CommitDelay, Log: log})
	if err != nil {
		return nil, err
	}
	guard, err := a.guard(settings.AllowTargets)
	if err != nil {
		return nil, err
	}
	a.sender = webhook.New(webhook.Options{Guard: guard, Version: settings.Version, MaxConnections: fileLimit() / 2})
	a.dispatcher = delivery.New(delivery.Options{Store: a.store, Filters: &a.filters, Connect: a.connect, NewID: a.store.NewID, Past: a.store.NewestTime(), Memory: memoryShare(), Log: log})
	a.store.Attach(a.dispatcher)
	a.presence.Relay = a.store.RelaySignal
	a.store.AttachSignals(a.presence.Hear)
	a.auth = auth.New(a.store, auth.Options{Log: log, Signup: settings.Signup})
	if err := a.openKnowledge(); err != nil {
		return nil, err
	}
	if a.answering, err = a.newAnswering(guard); err != nil {
		return nil, err
	}
	a.visitors, err = visitor.New(visitor.Options{Log: a.store, Sealer: sealer, BaseURL: a.baseURL, Limits: visitor.DefaultLimits, Logger: log})
	if err != nil {
		return nil, err
	}
	a.chat = chat.New(a.store, a.answering, log, chat.WithRules(a.matches), chat.WithDeltas(a.store.NewID, a.visitors.Delta))
	a.receiver = receiver.New(receiver.Options{
		Store: a.store, Verify: verifySignature, WebhookHeader: webhook.HeaderWebhookID,
		Stopping: a.working.Done(), Log: log,
	})
	handler, err := a.handler(guard, sealer)
	if err != nil {
		return nil, err
	}
	a.server = &http.Server{
		Handler: handler, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute,
		MaxHeaderBytes: 64 << 10, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	return a, nil
}

// listen comes first: a port that is taken is the commonest mistake, and the listener tells the base URL.
func (a *App) listen() (err error) {
	if a.listener, err = net.Listen("tcp", a.settings.Addr); err != nil {
		return bot9.Errorf(bot9.Conflict, "addressInUse", "Can't listen on %s: %v. Choose another address with --addr.", a.settings.Addr, err)
	}
	if a.baseURL = a.settings.BaseURL; a.baseURL == "" {
		a.baseURL = "http://" + a.listener.Addr().String()
	}
	exempt, err := api.TrustedProxies(a.settings.TrustedProxies)
	if err != nil {
		return err
	}
	a.listener = newBoundedListener(a.listener, perAddress, exempt)
	return nil
}

// BaseURL is where people reach the server.
func (a *App) BaseURL() string { return a.baseURL }

// Start delivers and serves until Close.
func (a *App) Start(ctx context.Context) error {
	if err := a.dispatcher.Start(ctx); err != nil {
		return err
	}
	a.background.Go(a.purge)
	a.background.Go(a.reseal)
	go a.serveMetrics()
	a.background.Go(a.giveUpOwed)
	a.background.Go(a.addWidgets)
	a.background.Go(a.closeSilent)
	a.encodeDocuments()
	go func() { a.served <- a.server.Serve(a.listener) }()
	a.log.Info("serving", "address", a.listener.Addr().String(), "url", a.baseURL, "version", a.settings.Version)
	return nil
}

// Run starts the server and stops it when ctx ends.
func (a *App) Run(ctx context.Context) error {
	if err := a.Start(ctx); err != nil {
		a.Close()
		return err
	}
	select {
	case <-ctx.Done():
		a.log.Info("stopping")
		a.Close()
		return nil
	case err := <-a.served:
		a.Close()
		return err
	}
}

// guard decides which targets webhooks may reach. Our own address is none, the receiver apart.
func (a *App) guard(allow []string) (*webhook.Guard, error) {
	base, err := url.Parse(a.baseURL)
	if err != nil {
		return nil, err
	}
	own := base.Host
	if base.Port() == "" {
		own = net.JoinHostPort(base.Hostname(), map[string]string{"http": "80", "https": "443"}[base.Scheme])
	}
	return webhook.NewGuard(allow, own, a.listener.Addr().String())
}

// connect prepares sending to a webhook. What is wrong with its settings shows in every attempt.
func (a *App) connect(w *bot9.Webhook) delivery.Send {
	endpoint, err := a.sender.Prepare(w)
	if err != nil {
		w := *w
		return func(_ context.Context, d *bot9.Delivery) bot9.Attempt {
			return a.sender.Refused(&w, request(d), err)
		}
	}
	return func(ctx context.Context, d *bot9.Delivery) bot9.Attempt {
		return a.sender.Send(ctx, endpoint, request(d))
	}
}

func request(d *bot9.Delivery) webhook.Request {
	return webhook.Request{
		DeliveryID: d.ID, AttemptNumber: d.Attempts + 1, EventType: d.EventType, MessageID: d.EventID.String(), Hops: d.Event.Hops,
		Body: d.Event.AppendEnvelope(make([]byte, 0, len(d.Event.Data)+256)),
	}
}

// pause waits before a background pass goes on; it returns false when the program stops.
func (a *App) pause(d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-a.working.Done():
		return false
	}
}

// purge removes, bit by bit, what nobody can reach any more.
func (a *App) purge() {
	for {
		more, err := a.store.Purge(a.working)
		if err != nil && a.working.Err() == nil {
			a.log.Error("purge the database", "error", err)
		}
		pause := purgeInterval
		if more {
			pause = 100 * time.Millisecond // leave room for others
		}
		if err != nil {
			pause = max(pause, 5*time.Second) // so that the log isn't flooded
		}
		if !a.pause(pause) {
			return
		}
	}
}

// giveUpOwed looks for questions that nobody answers any more: what an earlier run of this process left is told at once.
func (a *App) giveUpOwed() {
	tick := time.NewTicker(owedInterval)
	defer tick.Stop()
	for {
		if err := a.chat.GiveUpOwed(a.working); err != nil && a.working.Err() == nil {
			a.log.Warn("look for questions without an answer", "error", err)
		}
		select {
		case <-tick.C:
		case <-a.working.Done():
			return
		}
	}
}

// closeSilent closes silent conversations of the chatbots that ask for it.
func (a *App) closeSilent() {
	for {
		more, err := a.chat.CloseSilent(a.working)
		if err != nil && a.working.Err() == nil {
			a.log.Warn("close silent conversations", "error", err)
		}
		pause := quietInterval
		if more {
			pause = 100 * time.Millisecond // leave room for others
		}
		if !a.pause(pause) {
			return
		}
	}
}

// reseal seals what an older master key has sealed with the first of those given, slice by slice, and what
// an older version had left unsealed.
func (a *App) reseal() {
	slices := 0
	for {
		more, err := a.store.Reseal(a.working)
		switch {
		case a.working.Err() != nil:
			return
		case err != nil:
			a.log.Error("seal with the new master key", "error", err)
		case !more && slices > 0:
			a.log.Info("everything is sealed with the first master key; the others can be taken out of --secret-key")
			return
		case !more:
			return
		default:
			slices++
		}
		pause := 20 * time.Millisecond // leave room for others
		if err != nil {
			pause = purgeInterval
		}
		if !a.pause(pause) {
			return
		}
	}
}

// addWidgets gives chatbots that are older than widgets theirs.
func (a *App) addWidgets() {
	for {
		more, err := a.store.AddWidgets(a.working)
		pause := 20 * time.Millisecond // leave room for others
		if err != nil && a.working.Err() == nil {
			a.log.Error("give older chatbots a widget", "error", err)
			more, pause = true, purgeInterval
		}
		if !more {
			return
		}
		if !a.pause(pause) {
			return
		}
	}
}

func (a *App) handler(guard *webhook.Guard, sealer api.Sealer) (http.Handler, error) {
	clientIP, err := api.ClientIPBehind(a.settings.TrustedProxies)
	if err != nil {
		return nil, err
	}
	calls, err := api.New(api.Options{
		Auth: a.auth, Chat: a.chat, Store: a.store, Knowledge: a.knowledge, TestSender: a.dispatcher, Live: a.store, Presence: &a.presence, Visitors: a.visitors, Sealer: sealer,
		CheckWebhook: guard.Check, CheckFilter: webhook.CheckFilter, Filters: &a.filters, NewSecret: webhook.NewSecret, NewSigningKey: webhook.NewSigningKey, CheckSecret: checkSecret,
		NewReceiverToken: receiver.NewToken, ReceiverPath: webhook.ReceiverPath,
		Answering: a.answering, CheckAnswering: a.checks(guard).Check, CheckAction: a.checks(guard).CheckAction,
		BaseURL: a.baseURL, Version: a.settings.Version,
		PerCaller:         api.Limit{Rate: a.settings.RateLimit, Burst: int(a.settings.RateLimit) * 2},
		PerAddress:        api.Limit{Rate: a.settings.AddressRateLimit, Burst: int(a.settings.AddressRateLimit * 60)},
		PerVisitor:        api.Limit{Rate: a.settings.VisitorRateLimit, Burst: int(a.settings.VisitorRateLimit * 20)},
		PerVisitorAddress: api.Limit{Rate: a.settings.VisitorAddressRateLimit, Burst: int(a.settings.VisitorAddressRateLimit * 10)},
		Quotas:            a.settings.Quotas(),
		BodyMemory:        memoryShare(),
		ClientIP:          clientIP,
		Stopping:          a.working.Done(), Log: a.log,
	})
	if err != nil {
		return nil, err
	}
	hosts, err := allowedHosts(a.baseURL, a.settings.AllowedHosts)
	if err != nil {
		return nil, err
	}
	metrics := a.metrics()
	if err := a.openMetrics(metrics); err != nil {
		return nil, err
	}
	return &door{
		hosts: hosts, secure: strings.HasPrefix(a.baseURL, "https:"), metrics: metrics, token: a.settings.MetricsToken,
		outside: a.settings.MetricsAddr != "", next: a.routes(calls),
	}, nil
}

// openSealer opens the vault for secrets with the operator's master key, or with one that it makes
// beside the embedded database.
func openSealer(settings Settings) (*seal.Sealer, error) {
	key := settings.SecretKey
	if path, ok := strings.CutPrefix(settings.DatabaseURL, "sqlite:"); ok && key == "" {
		var err error
		if key, err = keepMasterKey(filepath.Join(filepath.Dir(path), "master.key"), path); err != nil {
			return nil, err
		}
	}
	if key == "" {
		return nil, bot9.Errorf(bot9.Invalid, "missingSecretKey", "Set --secret-key (openssl rand -base64 32 makes one): nodes on one database need the same.")
	}
	return seal.Open(key)
}

// keepMasterKey returns the key that is kept in the file. It makes one for a new database only: no other
// key than its own can read what a database has sealed.
func keepMasterKey(path, database string) (string, error) {
	kept, err := os.ReadFile(path)
	if err == nil {
		return strings.TrimSpace(string(kept)), nil
	}
	if !errors.Is(err, os.ErrNotExist) {
		return "", fmt.Errorf("read the master key: %w", err)
	}
	if about, err := os.Stat(database); err == nil && about.Size() > 0 {
		wanted := "its own"
		if found, err := store.SealingOf(context.Background(), "sqlite:"+database, nil); err == nil && found.Recorded != "" {
			wanted = found.Recorded
		}
		return "", bot9.Errorf(bot9.Invalid, "missingSecretKey", "The database %s is there, but its master key is not: it needs the one with the fingerprint %s. "+
			"Put %s back, or give the key by --secret-key.", database, wanted, path)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return "", fmt.Errorf("make the data folder: %w", err)
	}
	key := seal.NewMasterKey()
	if err := os.WriteFile(path, []byte(key+"\n"), 0o600); err != nil {
		return "", fmt.Errorf("keep the master key: %w", err)
	}
	return key, nil
}

func verifySignature(secrets []string, headers http.Header, body []byte) error {
	return webhook.Verify(secrets, headers, body, time.Now(), signatureAge)
}

func checkSecret(secret string) error {
	_, err := webhook.ParseSecret(secret)
	return err
}
