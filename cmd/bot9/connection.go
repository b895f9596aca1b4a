package main

import (
	"context"
	"io"
	"os"
	"strings"

	"github.com/charmbracelet/colorprofile"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/bot9/bot9/client"
)

// connection is the flags that name the server to call, and the key.
type connection struct {
	url, chatbot, key, profile string
	json                       bool
}

func (c *connection) addFlags(flags *pflag.FlagSet) {
	flags.StringVar(&c.url, "url", "", "the server (BOT9_URL; default "+client.DefaultURL+")")
	flags.StringVar(&c.chatbot, "chatbot", "", "the chatbot's ID (BOT9_CHATBOT_ID; default: the key's chatbot)")
	flags.StringVar(&c.key, "key", "", "a secret key, bot9_sk_… (BOT9_API_KEY)")
	flags.StringVar(&c.profile, "profile", "", "a profile that bot9 login made (BOT9_PROFILE; default "+defaultProfile+")")
	flags.BoolVar(&c.json, "json", false, "print the API's JSON, for programs")
}

// resolve fills in what the flags leave open: from the environment, then from the profile. A key
// that was given keeps the profile out, lest it be used for another key's chatbot or server.
func (c connection) resolve() (connection, error) {
	c.url = firstOf(c.url, os.Getenv("BOT9_URL"))
	c.chatbot = firstOf(c.chatbot, os.Getenv("BOT9_CHATBOT_ID"))
	named := firstOf(c.profile, os.Getenv("BOT9_PROFILE"))
	if c.profile == "" {
		c.key = firstOf(c.key, os.Getenv("BOT9_API_KEY"))
	}
	c.profile = firstOf(named, defaultProfile)
	if c.key != "" {
		return c, nil
	}
	profiles, err := loadProfiles()
	if err != nil {
		return c, err
	}
	profile, ok := profiles[c.profile]
	if !ok && named != "" {
		return c, usagef("there is no profile %q; bot9 profiles lists them, bot9 login --profile %s makes it", named, named)
	}
	c.url, c.chatbot, c.key = firstOf(c.url, profile.URL), firstOf(c.chatbot, profile.ChatbotID), profile.Key
	return c, nil
}

func firstOf(values ...string) string {
	for _, value := range values {
		if value != "" {
			return value
		}
	}
	return ""
}

// session is a command's connection to a server, and its way to say things.
type session struct {
	*client.Client
	paper
	connection connection
	program    *program
	command    *cobra.Command
	raw        []byte // the last answer
}

func (p *program) connect(command *cobra.Command) (*session, error) {
	resolved, err := p.connection.resolve()
	if err != nil {
		return nil, err
	}
	return p.connectTo(command, resolved)
}

func (p *program) connectTo(command *cobra.Command, to connection) (*session, error) {
	s := &session{connection: to, program: p, command: command, paper: newPaper(command.OutOrStdout())}
	var err error
	s.Client, err = client.New(client.Options{
		URL: to.url, Key: to.key, ChatbotID: to.chatbot, UserAgent: "bot9-cli/" + version, Pause: p.pause,
		OnAnswer: func(body []byte) { s.raw = body },
	})
	if err != nil {
		return nil, usageError{err}
	}
	return s, nil
}

// show prints the API's JSON for programs, and what human prints for people.
func (s *session) show(human func()) {
	if !s.connection.json {
		human()
		return
	}
	_, _ = s.command.OutOrStdout().Write(append(trimLine(s.raw), '\n')) // nobody is left to tell
}

func trimLine(text []byte) []byte {
	return []byte(strings.TrimRight(string(text), "\n"))
}

// newPaper prints colours on a terminal only, and heeds NO_COLOR.
func newPaper(out io.Writer) paper {
	return paper{out: colorprofile.NewWriter(out, os.Environ())}
}

type runner func(ctx context.Context, s *session, args []string) error

// calling makes a command that calls the API.
func (p *program) calling(use, short string, args cobra.PositionalArgs, run runner) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Args: args,
		RunE: func(command *cobra.Command, args []string) error {
			s, err := p.connect(command)
			if err != nil {
				return err
			}
			return run(command.Context(), s, args)
		},
	}
}

// group makes a command that only holds others.
func group(use, short string, commands ...*cobra.Command) *cobra.Command {
	command := &cobra.Command{
		Use: use, Short: short,
		RunE: func(command *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usagef("unknown command %q for %q", args[0], command.CommandPath())
			}
			return command.Help()
		},
	}
	command.AddCommand(commands...)
	return command
}
