package main

import (
	"context"
	"errors"
	"net/url"
	"os"
	"os/exec"
	"runtime"

	"github.com/charmbracelet/x/term"

	"github.com/bot9/bot9/client"
)

// askInBrowser asks a person to give this program a key, in the browser that they are logged in with.
func (s *session) askInBrowser(ctx context.Context, open bool) (key string, err error) {
	login, err := s.StartDeviceLogin(ctx, clientName())
	if err != nil {
		return "", err
	}
	notes := s.paper
	if s.connection.json {
		notes = newPaper(s.command.ErrOrStderr())
	}
	notes.line("Your code is  %s", bold.Render(printable(login.UserCode)))
	notes.line("Approve it at %s", printable(login.VerificationURLComplete))
	if open && s.onTerminal() && openBrowser(login.VerificationURLComplete) == nil {
		notes.line("%s", faint.Render("Your browser should open by itself."))
	}
	notes.line("%s", faint.Render("Waiting for you. Ctrl-C gives up."))
	token, err := s.AwaitDeviceLogin(ctx, login)
	if problem, ok := errors.AsType[*client.Problem](err); ok {
		switch problem.Code {
		case "accessDenied":
			return "", notAllowedError{errors.New("the login was denied in the browser")}
		case "expiredToken":
			return "", notAllowedError{errors.New("nobody approved the login in time; start bot9 login again")}
		}
	}
	return token.Key.Secret, err
}

// clientName is what the person is told, and what the key will be called.
func clientName() string {
	host, err := os.Hostname()
	if err != nil || host == "" {
		return "bot9 command line"
	}
	return "bot9 on " + host
}

// onTerminal tells whether a person reads the output.
func (s *session) onTerminal() bool {
	out, ok := s.command.OutOrStdout().(term.File)
	return ok && term.IsTerminal(out.Fd())
}

// openBrowser shows a page of the server's in the user's browser. It doesn't wait for it.
func openBrowser(page string) error {
	// The text is the server's: nothing but a web address may become an argument of a program.
	if parsed, err := url.Parse(page); err != nil || parsed.Host == "" || (parsed.Scheme != "http" && parsed.Scheme != "https") {
		return errors.New("not a web address")
	}
	var opener *exec.Cmd
	switch runtime.GOOS {
	case "darwin":
		opener = exec.Command("open", page)
	case "windows":
		opener = exec.Command("rundll32", "url.dll,FileProtocolHandler", page)
	default:
		if os.Getenv("DISPLAY") == "" && os.Getenv("WAYLAND_DISPLAY") == "" {
			return errors.New("no desktop") // a browser for text would take over the terminal
		}
		opener = exec.Command("xdg-open", page)
	}
	if err := opener.Start(); err != nil {
		return err
	}
	go func() { _ = opener.Wait() }() // whether it worked is for the person to see
	return nil
}

// keyOnInput reads the key that a file or a pipe holds; "" where standard input is a terminal, or
// has nothing.
func (s *session) keyOnInput() (string, error) {
	if file, ok := s.command.InOrStdin().(*os.File); ok {
		if info, err := file.Stat(); err != nil || info.Mode()&os.ModeCharDevice != 0 {
			return "", nil //nolint:nilerr // a closed standard input holds no key
		}
	}
	return firstLine(s.command.InOrStdin())
}
