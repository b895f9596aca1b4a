package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/bot9/bot9/internal/app"
	"github.com/bot9/bot9/internal/bot9"
)

func doctorCommand() *cobra.Command {
	command := &cobra.Command{
		Use:   "doctor",
		Short: "Check what is in the database: its file, sequences without gaps, no delivery that waits for nothing",
		Long: "For operators: reads the database, changes nothing of what it holds, and ends with exit code 1 if it finds something wrong. " +
			"An embedded database takes one process at a time, so stop the server first, or check a copy made by bot9 backup; on " +
			"PostgreSQL the servers go on. It reads the whole log of events.",
		Args: cobra.NoArgs,
		RunE: operating(func(command *cobra.Command, o *app.Operator, _ []string) error {
			out, faults := command.OutOrStdout(), int64(0)
			for _, check := range o.Checks() {
				found, err := check.Run(command.Context())
				if err != nil {
					return err
				}
				mark := "ok   "
				if found.Faults > 0 {
					mark = "WRONG"
				}
				fmt.Fprintf(out, "%s  %s: %s\n", mark, check.Name, found.Summary)
				for _, example := range found.Examples {
					fmt.Fprintf(out, "       %s\n", example)
				}
				if more := found.Faults - int64(len(found.Examples)); more > 0 {
					fmt.Fprintf(out, "       and %d more\n", more)
				}
				faults += found.Faults
			}
			if faults > 0 {
				return bot9.Errorf(bot9.Conflict, "databaseUnsound", "%d things in the database are wrong. Keep a copy of it, and report this.", faults)
			}
			return nil
		}),
	}
	app.AddFlags(command.Flags())
	return command
}
