// Command bot9 is the whole of Bot9 in one program: the server and its command line.
package main

import (
	"context"
	"os"
	"syscall"

	"charm.land/fang/v2"
	"github.com/spf13/cobra"
)

// version is set by the linker.
var version = "dev"

func main() {
	err := fang.Execute(context.Background(), rootCommand(), fang.WithVersion(version),
		fang.WithNotifySignal(os.Interrupt, syscall.SIGTERM))
	if err != nil {
		os.Exit(1)
	}
}

func rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "bot9",
		Short: "A chatbot platform whose heart is its webhooks",
		Long:  "Bot9 holds your chatbots' conversations and sends whatever happens in them to your own programs:\nsigned, in order, and never lost.",
	}
	root.AddCommand(serveCommand(), quickstartCommand(), migrateCommand(), backupCommand(), verifyCommand())
	return root
}
