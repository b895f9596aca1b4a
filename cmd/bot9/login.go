package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/charmbracelet/x/term"
	"github.com/spf13/cobra"

	"github.com/bot9/bot9/client"
)

func (p *program) loginCommand() *cobra.Command {
	var web, noBrowser bool
	command := &cobra.Command{
		Use:   "login",
		Short: "Get a key through your browser, or take one, and keep it as a profile",
		Long: "Without a key, login shows a code and a page of the server's dashboard, where you approve that this machine\n" +
			"gets a key of a chatbot. A key from --key, or from a file or pipe on standard input, is kept once the server has accepted it.",
		Example: "bot9 login --url https://bot9.example.com\nbot9 login --profile staging --url https://staging.example.com < key.txt",
		Args:    cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			to := p.connection
			to.profile = firstOf(to.profile, os.Getenv("BOT9_PROFILE"), defaultProfile)
			profiles, err := loadProfiles()
			if err != nil {
				return err
			}
			to.url = firstOf(to.url, os.Getenv("BOT9_URL"), profiles[to.profile].URL, client.DefaultURL)
			s, err := p.connectTo(command, to)
			if err != nil {
				return err
			}
			if to.key == "" && !web {
				if to.key, err = s.keyOnInput(); err != nil {
					return err
				}
			}
			if to.key == "" {
				if to.key, err = s.askInBrowser(command.Context(), !noBrowser); err != nil {
					return err
				}
			}
			if !strings.HasPrefix(to.key, "bot9_sk_") {
				return usagef("a secret key begins with bot9_sk_")
			}
			if s, err = p.connectTo(command, to); err != nil {
				return err
			}
			return s.login(command.Context())
		},
	}
	command.Flags().BoolVar(&web, "web", false, "through the browser, whatever is on standard input")
	command.Flags().BoolVar(&noBrowser, "no-browser", false, "only print the page's address, don't open it")
	return command
}

// login asks the server whose key it is, and keeps the profile.
func (s *session) login(ctx context.Context) error {
	account, err := s.Account(ctx)
	if err != nil {
		return err
	}
	if account.Chatbot == nil || s.connection.chatbot != "" && s.connection.chatbot != account.Chatbot.ID {
		return usagef("the key belongs to another chatbot than --chatbot says")
	}
	profiles, err := loadProfiles()
	if err != nil {
		return err
	}
	profiles[s.connection.profile] = profile{
		URL: s.URL(), ChatbotID: account.Chatbot.ID, ChatbotName: account.Chatbot.Name, Key: s.connection.key,
	}
	if err := saveProfiles(profiles); err != nil {
		return err
	}
	s.show(func() {
		s.line("Logged in to %s: chatbot %s (%s), profile %s.", s.URL(), printable(account.Chatbot.Name), account.Chatbot.ID, s.connection.profile)
	})
	return nil
}

func (p *program) logoutCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "logout",
		Short:   "Forget a profile. The key stays valid: bot9 keys revoke ends it",
		Example: "bot9 logout --profile staging",
		Args:    cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			name := firstOf(p.connection.profile, os.Getenv("BOT9_PROFILE"), defaultProfile)
			profiles, err := loadProfiles()
			if err != nil {
				return err
			}
			if _, ok := profiles[name]; !ok {
				return usagef("there is no profile %q; bot9 profiles lists them", name)
			}
			delete(profiles, name)
			if err := saveProfiles(profiles); err != nil {
				return err
			}
			if !p.connection.json {
				newPaper(command.OutOrStdout()).line("Forgot the profile %s.", name)
			}
			return nil
		},
	}
}

func (p *program) profilesCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "profiles",
		Short: "List the profiles; * marks the one that commands use",
		Args:  cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			profiles, err := loadProfiles()
			if err != nil {
				return err
			}
			used := firstOf(p.connection.profile, os.Getenv("BOT9_PROFILE"), defaultProfile)
			if p.connection.json {
				return printProfiles(command.OutOrStdout(), profiles, used)
			}
			var rows [][]string
			for _, name := range slices.Sorted(maps.Keys(profiles)) {
				mark := ""
				if name == used {
					mark = "*"
				}
				kept := profiles[name]
				rows = append(rows, []string{mark, printable(name), printable(kept.URL), kept.ChatbotID, printable(kept.ChatbotName)})
			}
			newPaper(command.OutOrStdout()).table([]string{"", "PROFILE", "URL", "CHATBOT", "NAME"}, rows)
			return nil
		},
	}
}

// printProfiles prints all but the keys.
func printProfiles(out io.Writer, profiles map[string]profile, used string) error {
	type shown struct {
		Name      string `json:"name"`
		URL       string `json:"url"`
		ChatbotID string `json:"chatbotId"`
		Used      bool   `json:"used"`
	}
	list := client.List[shown]{Data: []shown{}}
	for _, name := range slices.Sorted(maps.Keys(profiles)) {
		list.Data = append(list.Data, shown{Name: name, URL: profiles[name].URL, ChatbotID: profiles[name].ChatbotID, Used: name == used})
	}
	return printJSON(out, map[string]any{"data": list.Data})
}

// askSecret reads a secret without showing it; where there is no terminal, the first line of
// standard input.
func askSecret(command *cobra.Command, question string) (string, error) {
	in := command.InOrStdin()
	if terminal, ok := in.(term.File); ok && term.IsTerminal(terminal.Fd()) {
		fmt.Fprint(command.ErrOrStderr(), question)
		secret, err := readHidden(command.Context(), terminal.Fd())
		fmt.Fprintln(command.ErrOrStderr())
		return strings.TrimSpace(secret), err
	}
	line, err := firstLine(in)
	if err == nil && line == "" {
		err = usagef("nothing on standard input; expected what answers %q", strings.TrimSpace(question))
	}
	return line, err
}

// firstLine reads a line, without spaces around it; "" at the end.
func firstLine(in io.Reader) (string, error) {
	line, err := bufio.NewReader(in).ReadString('\n')
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return strings.TrimSpace(line), err
}

// readHidden reads a line of a terminal that doesn't show it. Ctrl-C ends it, which reading alone
// would not notice, and the terminal shows again what is typed.
func readHidden(ctx context.Context, terminal uintptr) (string, error) {
	before, err := term.GetState(terminal)
	if err != nil {
		return "", err
	}
	type line struct {
		text []byte
		err  error
	}
	typed := make(chan line, 1)
	go func() {
		text, err := term.ReadPassword(terminal)
		typed <- line{text, err}
	}()
	select {
	case got := <-typed:
		return string(got.text), got.err
	case <-ctx.Done():
		return "", errors.Join(ctx.Err(), term.Restore(terminal, before))
	}
}
