package app

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/knadh/koanf/parsers/yaml"
	"github.com/knadh/koanf/providers/env/v2"
	"github.com/knadh/koanf/providers/file"
	"github.com/knadh/koanf/providers/posflag"
	"github.com/knadh/koanf/v2"
	"github.com/spf13/pflag"

	"github.com/bot9/bot9/internal/auth"
	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/store"
)

// Settings are what an operator may set. Each is a flag, an environment variable (BOT9_ and the
// flag in capitals with underscores) and a key of the config file; the flag wins, then the
// environment, then the file.
type Settings struct {
	Addr         string   `koanf:"addr"`
	DatabaseURL  string   `koanf:"database-url"`
	BaseURL      string   `koanf:"base-url"`
	SecretKey    string   `koanf:"secret-key"`
	AllowTargets []string `koanf:"allow-targets"`
	AllowModels  []string `koanf:"allow-models"`
	RateLimit    float64  `koanf:"rate-limit"`
	Retention    string   `koanf:"retention"`
	LogLevel     string   `koanf:"log-level"`
	LogFormat    string   `koanf:"log-format"`

	CommitDelay time.Duration `koanf:"commit-delay"`

	AddressRateLimit float64 `koanf:"address-rate-limit"`

	VisitorRateLimit        float64 `koanf:"visitor-rate-limit"`
	VisitorAddressRateLimit float64 `koanf:"visitor-address-rate-limit"`

	MaxChatbots    int    `koanf:"max-chatbots"`
	MaxWebhooks    int    `koanf:"max-webhooks"`
	MaxKeys        int    `koanf:"max-keys"`
	MaxMembers     int    `koanf:"max-members"`
	MaxDocuments   int    `koanf:"max-documents"`
	MaxPassages    int    `koanf:"max-passages"`
	MaxStreams     int    `koanf:"max-streams"`
	AuditRetention string `koanf:"audit-retention"`
	AcceptTime     string `koanf:"accept-clock"`

	AllowedHosts []string `koanf:"allowed-hosts"`
	MetricsAddr  string   `koanf:"metrics-addr"`
	MetricsToken string   `koanf:"metrics-token"`

	TrustedProxies []string          `koanf:"trusted-proxies"`
	Signup         auth.SignupPolicy `koanf:"signup"`

	// Keep is what Retention says; 0 = for ever.
	Keep time.Duration `koanf:"-"`
	// KeepAudit is what AuditRetention says; 0 = for ever.
	KeepAudit time.Duration `koanf:"-"`
	// AcceptClock is what AcceptTime says; 0 = nothing.
	AcceptClock bot9.Time `koanf:"-"`
	// Version of the program, not a setting.
	Version string `koanf:"-"`
}

// AddFlags adds a flag for every setting.
func AddFlags(flags *pflag.FlagSet) {
	flags.String("config", "", "config file (YAML; the keys are the names of these flags)")
	flags.String("addr", "127.0.0.1:8420", "address to listen on")
	flags.String("database-url", "sqlite:bot9-data/bot9.db", "where everything is kept: sqlite:PATH or postgres://…")
	flags.String("base-url", "", "public URL of the server (default: from the address)")
	flags.String("secret-key", "", "master key for secrets at rest, 32 bytes in base64 (default: made in the data folder of an embedded database; required for PostgreSQL)")
	flags.StringSlice("allow-targets", nil, "CIDRs or host names that webhooks may reach although they are private, or not HTTPS")
	flags.StringSlice("allow-models", nil, "CIDRs or host names that language models may be reached at although they are private, or not HTTPS; for models only, besides --allow-targets")
	flags.Float64("rate-limit", 0, "requests per second that one key or person may make; 0 = any number")
	flags.StringSlice("trusted-proxies", nil, "CIDRs of proxies in front, whose X-Forwarded-For tells the client's address")
	flags.String("signup", string(auth.SignupOpen), "who may make an account: open (everybody), first (only the first one), closed (nobody); invitations always work")
	flags.String("retention", "90d", "how long events, deliveries and attempts are kept, such as 90d or 36h; 0 = for ever")
	flags.StringSlice("allowed-hosts", nil, "host names that the server answers to besides that of --base-url, localhost and IP addresses; * for any")
	flags.String("metrics-addr", "", "address to serve /metrics on, and only there, such as 127.0.0.1:9420")
	flags.String("metrics-token", "", "token that reads /metrics; without one only programs on this machine may")
	flags.String("audit-retention", "365d", "how long the audit log is kept, such as 365d; 0 = for ever")
	flags.Duration("commit-delay", 0, "how long a commit waits for more to share it, such as 2ms, at most 100ms: less CPU at part load, later answers")
	addQuotaFlags(flags)
	flags.String("accept-clock", "", "time, such as 2027-03-09T10:00:00Z: retention believes a clock up to it, however far the clock has jumped")
	flags.String("log-level", "info", "debug, info, warn or error")
	flags.String("log-format", "auto", "text, json, or auto: text on a terminal")
}

// addQuotaFlags adds a flag for every limit that keeps one account from harming others.
func addQuotaFlags(flags *pflag.FlagSet) {
	quotas := bot9.DefaultQuotas
	flags.Float64("address-rate-limit", 1, "log-ins, sign-ups, invitations, log-outs and device codes per second from one address, 60 times as many at once; 0 = any number")
	flags.Float64("visitor-rate-limit", 1, "messages and the like per second from one visitor of a widget, 20 times as many at once; 0 = any number")
	flags.Float64("visitor-address-rate-limit", 20, "requests of widgets per second from one address but this machine's own, 10 times as many at once; 0 = any number")
	flags.Int("max-chatbots", quotas.Chatbots, "chatbots of an account; 0 = any number")
	flags.Int("max-webhooks", quotas.Webhooks, "webhooks of a chatbot; 0 = any number")
	flags.Int("max-keys", quotas.Keys, "keys of a chatbot; 0 = any number")
	flags.Int("max-members", quotas.Members, "members of an account; 0 = any number")
	flags.Int("max-documents", quotas.Documents, "documents of a chatbot; 0 = any number")
	flags.Int("max-passages", quotas.Passages, "passages, of up to 800 characters, of a chatbot's documents together; 0 = any number")
	flags.Int("max-streams", quotas.Streams, "live streams of a key or person at once; 0 = any number")
}

// Quotas returns how many of each thing there may be.
func (s *Settings) Quotas() bot9.Quotas {
	return bot9.Quotas{Chatbots: s.MaxChatbots, Webhooks: s.MaxWebhooks, Keys: s.MaxKeys, Members: s.MaxMembers, Documents: s.MaxDocuments, Passages: s.MaxPassages, Streams: s.MaxStreams}
}

// checkLimits refuses limits below zero.
func (s *Settings) checkLimits() error {
	q := s.Quotas()
	if min(q.Chatbots, q.Webhooks, q.Keys, q.Members, q.Documents, q.Passages, q.Streams) < 0 || s.AddressRateLimit < 0 || s.VisitorRateLimit < 0 || s.VisitorAddressRateLimit < 0 {
		return bot9.Errorf(bot9.Invalid, "invalidSetting", "A limit must be 0 or more; 0 is none.")
	}
	return nil
}

// LoadSettings reads the settings from flags, environment (as os.Environ returns it) and config file.
func LoadSettings(flags *pflag.FlagSet, environment []string) (Settings, error) {
	k := koanf.New("\n") // no key has a line break, so keys aren't split
	fromEnvironment := env.Provider("\n", env.Opt{
		Prefix: "BOT9_", EnvironFunc: func() []string { return environment },
		TransformFunc: func(name, value string) (string, any) {
			key := strings.ReplaceAll(strings.ToLower(strings.TrimPrefix(name, "BOT9_")), "_", "-")
			if flag := flags.Lookup(key); flag != nil && flag.Value.Type() == "stringSlice" {
				return key, splitList(value)
			}
			return key, value
		},
	})
	config := koanf.New("\n")
	if err := config.Load(fromEnvironment, nil); err != nil {
		return Settings{}, err
	}
	if err := config.Load(posflag.Provider(flags, "\n", config), nil); err != nil {
		return Settings{}, err
	}
	if path := config.String("config"); path != "" {
		if err := k.Load(file.Provider(path), yaml.Parser()); err != nil {
			return Settings{}, bot9.Errorf(bot9.Invalid, "invalidConfig", "The config file %s can't be read: %v", path, err)
		}
		for _, key := range k.Keys() {
			if flags.Lookup(key) == nil {
				return Settings{}, bot9.Errorf(bot9.Invalid, "unknownSetting", "The config file %s sets %q, which is no setting.", path, key)
			}
		}
	}
	if err := k.Load(fromEnvironment, nil); err != nil {
		return Settings{}, err
	}
	if err := k.Load(posflag.Provider(flags, "\n", k), nil); err != nil {
		return Settings{}, err
	}
	var settings Settings
	if err := k.Unmarshal("", &settings); err != nil {
		return Settings{}, bot9.Errorf(bot9.Invalid, "invalidSetting", "A setting has the wrong type: %v", err)
	}
	return settings, settings.complete()
}

func splitList(text string) []string {
	parts := []string{}
	for part := range strings.SplitSeq(text, ",") {
		if part = strings.TrimSpace(part); part != "" {
			parts = append(parts, part)
		}
	}
	return parts
}

func (s *Settings) complete() (err error) {
	switch s.Signup {
	case auth.SignupOpen, auth.SignupFirst, auth.SignupClosed:
	default:
		return bot9.Errorf(bot9.Invalid, "invalidSetting", "signup must be open, first or closed.")
	}
	if s.Keep, err = parseRetention(s.Retention); err != nil {
		return err
	}
	if s.KeepAudit, err = parseRetention(s.AuditRetention); err != nil {
		return err
	}
	if err := s.checkLimits(); err != nil {
		return err
	}
	if s.AcceptTime != "" {
		accepted, err := time.Parse(time.RFC3339, s.AcceptTime)
		if err != nil {
			return bot9.Errorf(bot9.Invalid, "invalidSetting", "accept-clock must be a time such as 2027-03-09T10:00:00Z.")
		}
		s.AcceptClock = bot9.At(accepted)
	}
	if s.CommitDelay < 0 || s.CommitDelay > maxCommitDelay {
		return bot9.Errorf(bot9.Invalid, "invalidSetting", "commit-delay must be between 0 and %v.", maxCommitDelay)
	}
	if s.BaseURL == "" {
		return nil
	}
	base, err := url.Parse(s.BaseURL)
	if err != nil || base.Host == "" || (base.Scheme != "http" && base.Scheme != "https") {
		return bot9.Errorf(bot9.Invalid, "invalidBaseUrl", "The base URL must be like https://bot9.example.com.")
	}
	s.BaseURL = strings.TrimSuffix(s.BaseURL, "/")
	return nil
}

// maxCommitDelay is the most that callers can be asked to wait for the sake of others.
const maxCommitDelay = 100 * time.Millisecond

// maxRetention keeps retention within the range of a time.Duration.
const maxRetention = 100 * 365 * 24 * time.Hour

// parseRetention reads a number of days or hours, such as 90d or 36h.
func parseRetention(text string) (time.Duration, error) {
	if text == "0" {
		return 0, nil
	}
	unit := time.Hour
	digits, ok := strings.CutSuffix(text, "h")
	if !ok {
		unit = 24 * time.Hour
		digits, ok = strings.CutSuffix(text, "d")
	}
	n, err := strconv.ParseUint(digits, 10, 32)
	if !ok || err != nil {
		return 0, bot9.Errorf(bot9.Invalid, "invalidRetention", "The retention %q must be a whole number of days or hours, such as 90d or 36h, or 0 to keep everything.", text)
	}
	kept := time.Duration(min(n, uint64(maxRetention/unit))) * unit
	switch {
	case kept == 0:
		return 0, nil
	case kept < store.MinRetention:
		return 0, bot9.Errorf(bot9.Invalid, "invalidRetention", "The retention %q is too short: it must be at least 24h, or 0 to keep everything.", text)
	}
	return kept, nil
}
