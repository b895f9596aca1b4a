package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/webhook"
)

func verifyCommand() *cobra.Command {
	var id, timestamp, signature string
	var secrets []string
	var tolerance time.Duration
	var asJSON bool
	command := &cobra.Command{
		Use:   "verify",
		Short: "Check the signature of a delivery: the body on standard input, headers and secret as flags",
		Args:  cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			if tolerance < 0 {
				return usagef("--tolerance can't be negative")
			}
			body, err := io.ReadAll(command.InOrStdin())
			if err != nil {
				return err
			}
			headers := http.Header{}
			headers.Set("Webhook-Id", id)
			headers.Set("Webhook-Timestamp", timestamp)
			headers.Set("Webhook-Signature", signature)
			err = webhook.Verify(secrets, headers, body, time.Now(), tolerance)
			if asJSON {
				return errors.Join(printJSON(command.OutOrStdout(), verdict{err == nil, bot9.CodeOf(err)}), err)
			}
			if err != nil {
				return err
			}
			fmt.Fprintln(command.OutOrStdout(), "The signature is valid.")
			return nil
		},
	}
	flags := command.Flags()
	flags.StringVar(&id, "id", "", "the webhook-id header")
	flags.StringVar(&timestamp, "timestamp", "", "the webhook-timestamp header")
	flags.StringVar(&signature, "signature", "", "the webhook-signature header")
	flags.StringArrayVar(&secrets, "secret", nil, "the webhook's secret (whsec_…); may be given more than once")
	flags.DurationVar(&tolerance, "tolerance", 5*time.Minute, "how old or early the timestamp may be")
	flags.BoolVar(&asJSON, "json", false, "print the verdict as JSON, for programs")
	for _, name := range []string{"id", "timestamp", "signature", "secret"} {
		_ = command.MarkFlagRequired(name) // fails only for a flag that doesn't exist
	}
	return command
}

// verdict is whether a signature is valid, and if not, why: a code such as "signatureInvalid".
type verdict struct {
	Valid bool   `json:"valid"`
	Code  string `json:"code,omitempty"`
}
