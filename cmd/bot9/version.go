package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/bot9/bot9/internal/meaning/model"
)

// versionCommand tells what this program is, and whether it answers by meaning.
func versionCommand() *cobra.Command {
	var notices bool
	command := &cobra.Command{
		Use: "version", Short: "Show the version, and the model that the built-in engine has", Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			out := command.OutOrStdout()
			if notices {
				_, err := fmt.Fprintf(out, "%s\n%s", model.Notice, model.Licence)
				return err
			}
			fmt.Fprintf(out, "bot9 %s\n", version)
			if _, size, ok := model.Open(); ok {
				fmt.Fprintf(out, "The built-in engine answers by meaning: %s, %d MB. --notices shows its licence.\n", model.Name, size/1_000_000)
			} else {
				fmt.Fprintln(out, "THE BUILT-IN ENGINE ANSWERS BY WORDS ONLY: this program was built without the model of meaning. Build it with make build.")
			}
			return nil
		},
	}
	command.Flags().BoolVar(&notices, "notices", false, "show whose work the model is, and its licence")
	return command
}
