package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime/debug"
	"time"

	"github.com/lmittmann/tint"
	"github.com/mattn/go-isatty"
	"github.com/spf13/cobra"

	"github.com/bot9/bot9/internal/app"
	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/store"
)

func serveCommand() *cobra.Command {
	command := &cobra.Command{
		Use:   "serve",
		Short: "Run the API, the dashboard and the delivery engine",
		Args:  cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			server, err := newApp(command)
			if err != nil {
				return err
			}
			return server.Run(command.Context())
		},
	}
	app.AddFlags(command.Flags())
	return command
}

func quickstartCommand() *cobra.Command {
	command := &cobra.Command{
		Use:   "quickstart",
		Short: "Run a server with a demo chatbot and a receiver that shows its webhooks",
		Args:  cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			// A newcomer's own receiver runs on the same machine.
			server, err := newApp(command, "127.0.0.0/8", "::1/128")
			if err != nil {
				return err
			}
			demo, err := server.Quickstart(command.Context())
			if err != nil {
				server.Close()
				return err
			}
			greet(command.OutOrStdout(), server, demo)
			return server.Run(command.Context())
		},
	}
	app.AddFlags(command.Flags())
	return command
}

func greet(out io.Writer, server *app.App, demo app.Demo) {
	fmt.Fprintf(out, `
  Bot9 is running.

  Dashboard   %[1]s
  Log in      %[2]s  /  %[3]s

  Chatbot ID  %[4]s
  Secret key  %[5]s
  Webhook     %[6]s  signed with  %[7]s
  Receiver    %[8]s

  Say something; the events arrive at the receiver, signed and in order:

  curl -s %[1]s/api/%[4]s/conversations/%[9]s/chat -H 'Authorization: Bearer %[5]s' -H 'Content-Type: application/json' -d '{"message":"What happens when my endpoint is down?"}'

  See what arrived:

  curl -s %[8]s

  All of this as shell variables: bot9-data/quickstart.env

`, server.BaseURL(), demo.Email, demo.Password, demo.ChatbotID, demo.SecretKey, demo.WebhookID, demo.WebhookSecret,
		server.ReceiverURL(demo), demo.ConversationID)
}

func migrateCommand() *cobra.Command {
	command := &cobra.Command{
		Use:   "migrate",
		Short: "Bring the database's schema up to date",
		Args:  cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			settings, _, err := loadSettings(command)
			if err != nil {
				return err
			}
			if err := store.Migrate(command.Context(), settings.DatabaseURL); err != nil {
				return err
			}
			fmt.Fprintln(command.OutOrStdout(), "The schema is up to date.")
			return nil
		},
	}
	app.AddFlags(command.Flags())
	return command
}

func backupCommand() *cobra.Command {
	command := &cobra.Command{
		Use:   "backup FILE",
		Short: "Write a consistent copy of the embedded database, also while the server runs",
		Args:  cobra.ExactArgs(1),
		RunE: func(command *cobra.Command, args []string) error {
			settings, _, err := loadSettings(command)
			if err != nil {
				return err
			}
			if err := store.Backup(command.Context(), settings.DatabaseURL, args[0]); err != nil {
				return err
			}
			fmt.Fprintf(command.OutOrStdout(), "Copied to %s. Keep the master key (master.key in the data folder) with it: secrets can't be read without.\n", args[0])
			return nil
		},
	}
	app.AddFlags(command.Flags())
	return command
}

// newApp makes the server from the command's settings, with targets allowed besides.
func newApp(command *cobra.Command, allowTargets ...string) (*app.App, error) {
	settings, log, err := loadSettings(command)
	if err != nil {
		return nil, err
	}
	settings.AllowTargets = append(settings.AllowTargets, allowTargets...)
	tuneMemory()
	ctx, cancel := context.WithTimeout(command.Context(), time.Minute)
	defer cancel()
	return app.New(ctx, settings, log)
}

// tuneMemory lets garbage collection run less often than Go's default while memory is small, which
// saves a tenth of the CPU, and more often near the limit. GOGC and GOMEMLIMIT win.
func tuneMemory() {
	const garbage, limit = 300, 400 << 20
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbage)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(limit)
	}
}

func loadSettings(command *cobra.Command) (app.Settings, *slog.Logger, error) {
	settings, err := app.LoadSettings(command.Flags(), os.Environ())
	if err != nil {
		return settings, nil, err
	}
	settings.Version = version
	log, err := newLog(settings, os.Stderr)
	return settings, log, err
}

func newLog(settings app.Settings, out *os.File) (*slog.Logger, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(settings.LogLevel)); err != nil {
		return nil, bot9.Errorf(bot9.Invalid, "invalidSetting", "The log level must be debug, info, warn or error.")
	}
	format := settings.LogFormat
	if format == "auto" {
		format = "json"
		if isatty.IsTerminal(out.Fd()) {
			format = "text"
		}
	}
	switch format {
	case "json":
		return slog.New(slog.NewJSONHandler(out, &slog.HandlerOptions{Level: level})), nil
	case "text":
		return slog.New(tint.NewTextHandler(out, &tint.Options{Level: level, TimeFormat: time.TimeOnly, NoColor: !isatty.IsTerminal(out.Fd())})), nil
	}
	return nil, bot9.Errorf(bot9.Invalid, "invalidSetting", "The log format must be text, json or auto.")
}
