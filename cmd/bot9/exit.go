package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/spf13/cobra"

	"github.com/bot9/bot9/client"
	"github.com/bot9/bot9/internal/bot9"
)

// The exit codes, as docs/cli.md promises them.
const (
	exitOK          = 0
	exitFailed      = 1
	exitUsage       = 2
	exitNotAllowed  = 3
	exitNotFound    = 4
	exitUnreachable = 5
	exitInterrupted = 130 // what shells expect: 128 and the number of SIGINT
)

// usageError is a mistake in how a command was called.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// notAllowedError is a refusal that needs no server to say it.
type notAllowedError struct{ error }

// markUsageErrors turns what cobra has to say about arguments and flags into usage errors.
func markUsageErrors(command *cobra.Command) {
	command.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	if check := command.Args; check != nil {
		command.Args = func(command *cobra.Command, args []string) error {
			if err := check(command, args); err != nil {
				return usagef("%w; it is called %s", err, strings.TrimSuffix(command.UseLine(), " [flags]"))
			}
			return nil
		}
	}
	for _, child := range command.Commands() {
		markUsageErrors(child)
	}
}

// cobra has no types for these.
func isCobraUsage(err error) bool {
	return strings.HasPrefix(err.Error(), "unknown command") || strings.HasPrefix(err.Error(), "required flag")
}

func exitCode(err error) int {
	if err == nil {
		return exitOK
	}
	if errors.Is(err, context.Canceled) {
		return exitInterrupted
	}
	if problem, ok := errors.AsType[*client.Problem](err); ok {
		switch problem.Status {
		case 401, 403:
			return exitNotAllowed
		case 404:
			return exitNotFound
		}
		return exitFailed
	}
	if _, ok := errors.AsType[*client.UnreachableError](err); ok {
		return exitUnreachable
	}
	if _, ok := errors.AsType[notAllowedError](err); ok {
		return exitNotAllowed
	}
	if _, ok := errors.AsType[usageError](err); ok || isCobraUsage(err) {
		return exitUsage
	}
	if e, ok := errors.AsType[*bot9.Error](err); ok && e.Kind == bot9.Invalid {
		return exitUsage
	}
	return exitFailed
}

// explain tells what went wrong. With --json a program gets the API's problem as it came.
func (p *program) explain(out io.Writer, err error) {
	problem, isProblem := errors.AsType[*client.Problem](err)
	if isProblem && p.connection.json {
		_ = json.NewEncoder(out).Encode(problem) // nobody is left to tell
		return
	}
	line := func(text string) { fmt.Fprintln(out, text) }
	if errors.Is(err, context.Canceled) {
		line("Interrupted.")
		return
	}
	label := bold.Render("Error:")
	if !isProblem {
		line(label + " " + printable(err.Error()))
		if hint := hintFor(err); hint != "" {
			line("  " + hint)
		}
		return
	}
	text := printable(problem.Detail)
	if problem.Code != "" { // the title of another's answer may well be "OK"
		text = printable(problem.Title) + ": " + text
	}
	line(label + " " + text)
	for _, field := range problem.Errors {
		text := "  " + printable(field.Location)
		if field.Message != problem.Detail {
			text += ": " + printable(field.Message)
		}
		line(text)
	}
	about := fmt.Sprintf("  (status %d", problem.Status)
	if problem.Code != "" {
		about += ", code " + printable(problem.Code)
	}
	if problem.RequestID != "" {
		about += ", request " + printable(problem.RequestID)
	}
	line(about + ")")
	if problem.Status == 401 && problem.Code != "invalidCredentials" { // those are of keys, which takes a password
		line("  Log in with bot9 login, or give a secret key with BOT9_API_KEY.")
	}
	if problem.Code == "notFound" {
		line("  Is the ID right, and of the key's chatbot?")
	}
}

// hintFor tells what to do about an error that no server told; "" where its words are enough.
func hintFor(err error) string {
	switch exitCode(err) {
	case exitUsage:
		return "Try --help."
	case exitUnreachable:
		if errors.Is(err, http.ErrSchemeMismatch) {
			return "It speaks plain HTTP: begin the URL with http://."
		}
		return "Is the server running? --url or BOT9_URL names another one."
	}
	return ""
}
