// Command bot9 is the whole of Bot9 in one program: the server and its command line.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"syscall"
	"time"

	"charm.land/fang/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/term"
	"github.com/spf13/cobra"
)

// version is set by the linker.
var version = "dev"

func main() {
	out := &checkedFile{file: os.Stdout}
	code := newProgram().run(context.Background(), os.Args[1:], os.Stdin, out, os.Stderr)
	os.Exit(out.codeAfter(code, os.Stderr))
}

// checkedFile remembers that a write failed. What prints doesn't ask, and a program that reads the
// output must not take half of it for all. It is a term.File, so that a terminal is seen as one.
type checkedFile struct {
	file   *os.File
	failed error
}

var _ term.File = (*checkedFile)(nil)

func (f *checkedFile) Read(into []byte) (int, error) { return f.file.Read(into) }
func (f *checkedFile) Close() error                  { return f.file.Close() }
func (f *checkedFile) Fd() uintptr                   { return f.file.Fd() }

func (f *checkedFile) Write(text []byte) (int, error) {
	n, err := f.file.Write(text)
	if err != nil && f.failed == nil {
		f.failed = err
	}
	return n, err
}

// codeAfter is the exit code of a run that ended with the given one.
func (f *checkedFile) codeAfter(code int, errOut io.Writer) int {
	if f.failed == nil || code != exitOK {
		return code
	}
	fmt.Fprintln(errOut, "Error: the output could not be written:", f.failed)
	return exitFailed
}

// program is one run of bot9.
type program struct {
	connection connection
	// pause waits before something is tried or looked at again; tests have no time to.
	pause  func(ctx context.Context, d time.Duration) error
	failed error // what went wrong in the command
}

func newProgram() *program { return &program{pause: pause} }

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// run runs a command and returns the exit code.
func (p *program) run(ctx context.Context, args []string, in io.Reader, out, errOut io.Writer) int {
	root := p.rootCommand()
	root.SetArgs(args)
	root.SetIn(in)
	root.SetOut(out)
	root.SetErr(errOut)
	err := fang.Execute(ctx, root, fang.WithVersion(version), fang.WithNotifySignal(os.Interrupt, syscall.SIGTERM),
		fang.WithErrorHandler(func(out io.Writer, _ fang.Styles, err error) { p.explain(out, err) }))
	if err == nil && p.failed != nil {
		err = p.failed
		p.explain(colorprofile.NewWriter(errOut, os.Environ()), err)
	}
	return exitCode(err)
}

// keepErrors keeps what goes wrong in commands from fang, which asks the terminal for its colours
// before it shows an error: where none answers, or something else reads the terminal, that takes
// seconds.
func (p *program) keepErrors(command *cobra.Command) {
	if run := command.RunE; run != nil {
		command.RunE = func(command *cobra.Command, args []string) error {
			p.failed = run(command, args)
			return nil
		}
	}
	for _, child := range command.Commands() {
		p.keepErrors(child)
	}
}

func (p *program) rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "bot9",
		Short: "A chatbot platform whose heart is its webhooks",
		Long: "Bot9 holds your chatbots' conversations and sends whatever happens in them to your own programs: " +
			"signed, in order, and never lost.",
	}
	const server, calls = "server", "calls"
	root.AddGroup(&cobra.Group{ID: server, Title: "the server"}, &cobra.Group{ID: calls, Title: "calling a server"})
	for _, command := range []*cobra.Command{serveCommand(), quickstartCommand(), migrateCommand(), backupCommand(), accountsCommand(), doctorCommand(), rotateSecretKeyCommand(), versionCommand()} {
		command.GroupID = server
		root.AddCommand(command)
	}
	for _, command := range []*cobra.Command{
		p.listenCommand(), p.triggerCommand(), p.webhooksCommand(), p.keysCommand(), p.eventsCommand(), p.deliveriesCommand(),
		p.replaysCommand(), p.conversationsCommand(), p.knowledgeCommand(), p.chatCommand(), p.loginCommand(), p.logoutCommand(), p.profilesCommand(),
	} {
		p.connection.addFlags(command.PersistentFlags())
		command.GroupID = calls
		root.AddCommand(command)
	}
	verify := verifyCommand()
	verify.GroupID = calls
	root.AddCommand(verify)
	markUsageErrors(root)
	p.keepErrors(root)
	return root
}
