package main

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/bot9/bot9/internal/app"
	"github.com/bot9/bot9/internal/bot9"
)

func accountsCommand() *cobra.Command {
	command := &cobra.Command{
		Use:   "accounts",
		Short: "Look after the server's accounts: list them, reset passwords, disable",
		Long: "For operators: works on the database itself, without a key. An embedded database takes one process " +
			"at a time, so stop the server first; on PostgreSQL the servers go on.",
	}
	var asJSON bool
	list := &cobra.Command{
		Use: "list", Short: "List all accounts", Args: cobra.NoArgs,
		RunE: operating(func(command *cobra.Command, o *app.Operator, _ []string) error {
			accounts, err := o.Accounts(command.Context())
			if err != nil {
				return err
			}
			if asJSON {
				return json.NewEncoder(command.OutOrStdout()).Encode(accounts)
			}
			for _, a := range accounts {
				state := "enabled"
				if a.DisabledAt != 0 {
					state = "disabled " + a.DisabledAt.String()
				}
				fmt.Fprintf(command.OutOrStdout(), "%s  %-24s  %-32s  %d members, %d chatbots  %s\n", a.ID, a.Name, a.Owner, a.Members, a.Chatbots, state)
			}
			return nil
		}),
	}
	list.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	reset := &cobra.Command{
		Use: "reset-password EMAIL", Short: "Give somebody a new password, and end their sessions", Args: cobra.ExactArgs(1),
		RunE: operating(func(command *cobra.Command, o *app.Operator, args []string) error {
			password, err := o.ResetPassword(command.Context(), args[0])
			if err != nil {
				return err
			}
			fmt.Fprintln(command.OutOrStdout(), password)
			return nil
		}),
	}
	for _, child := range []*cobra.Command{
		list, reset,
		switchAccount("disable", "Shut an account: nobody acts in it, its keys are refused, nothing is deleted", true),
		switchAccount("enable", "Open an account again", false),
	} {
		app.AddFlags(child.Flags())
		command.AddCommand(child)
	}
	return command
}

// switchAccount makes the command that disables or enables an account.
func switchAccount(use, short string, disable bool) *cobra.Command {
	return &cobra.Command{
		Use: use + " ACCOUNT", Short: short, Args: cobra.ExactArgs(1),
		RunE: operating(func(command *cobra.Command, o *app.Operator, args []string) error {
			var id bot9.AccountID
			if err := id.UnmarshalText([]byte(args[0])); err != nil {
				return bot9.Errorf(bot9.Invalid, "invalidId", "%v", err)
			}
			return o.Disable(command.Context(), id, disable)
		}),
	}
}

// operating runs a command on the database that the settings name.
func operating(run func(*cobra.Command, *app.Operator, []string) error) func(*cobra.Command, []string) error {
	return func(command *cobra.Command, args []string) (err error) {
		settings, log, err := loadSettings(command)
		if err != nil {
			return err
		}
		operator, err := app.Operate(command.Context(), settings, log)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, operator.Close()) }()
		return run(command, operator, args)
	}
}

func rotateSecretKeyCommand() *cobra.Command {
	command := &cobra.Command{
		Use:   "rotate-secret-key",
		Short: "Seal everything with another master key, also while servers run",
		Long: "Give --secret-key new,old as the servers have it. Servers with more than one key seal what the old one has sealed anew, slice by slice, " +
			"from their start on; this waits for the end, and can be broken off and called again. Where no server runs on an embedded database it " +
			"does it itself. Afterwards the old key can go. With several nodes give all of them old,new first, so that each can read what others seal.",
		Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			settings, log, err := loadSettings(command)
			if err != nil {
				return err
			}
			out := command.OutOrStdout()
			operator, err := app.Operate(command.Context(), settings, log)
			switch {
			case err == nil:
				err = errors.Join(operator.Reseal(command.Context()), operator.Close())
			case bot9.CodeOf(err) == "databaseInUse":
				err = app.AwaitSealing(command.Context(), settings, func(left int) { fmt.Fprintf(out, "%d values to go\n", left) })
			}
			if err != nil {
				return err
			}
			fmt.Fprintln(out, "Everything is sealed with the new key. The old one can be taken out of --secret-key.")
			return nil
		},
	}
	app.AddFlags(command.Flags())
	return command
}
