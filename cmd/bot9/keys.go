package main

import (
	"context"
	"errors"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/bot9/bot9/client"
)

// keysCommand manages keys, which takes a person: a key can't make keys. It logs in with email and
// password for one call, and out again.
func (p *program) keysCommand() *cobra.Command {
	var email string
	asPerson := func(use, short string, args cobra.PositionalArgs, run runner) *cobra.Command {
		return p.calling(use, short, args, func(ctx context.Context, s *session, args []string) (err error) {
			if email = firstOf(email, os.Getenv("BOT9_EMAIL")); email == "" {
				return notAllowedError{errors.New("keys take a person who is logged in, an owner or admin: " +
					"give --email (BOT9_EMAIL); the password is asked for, or read from standard input")}
			}
			password, err := askSecret(s.command, "Password of "+email+": ")
			if err != nil {
				return err
			}
			if err := s.Login(ctx, email, password); err != nil {
				return err
			}
			defer func() {
				ended, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
				defer cancel()
				err = errors.Join(err, s.Logout(ended))
			}()
			return run(ctx, s, args)
		})
	}
	var name string
	var overlap, expires time.Duration
	var limits client.KeyLimits
	create := asPerson("create", "Make a key; its secret is shown this once", cobra.NoArgs, func(ctx context.Context, s *session, _ []string) error {
		if expires > 0 {
			limits.ExpiresAt = new(time.Now().Add(expires))
		}
		key, err := s.CreateLimitedKey(ctx, name, limits)
		return s.showKey(key, err)
	})
	create.Flags().StringVar(&name, "name", "", "to tell keys apart")
	create.Flags().StringSliceVar(&limits.Scopes, "scope", nil, "all that the key may do, such as events:write; everything unless given")
	create.Flags().StringSliceVar(&limits.AllowedIPs, "allow-ip", nil, "IP addresses and CIDRs that the key may be used from; anywhere unless given")
	create.Flags().DurationVar(&expires, "expires-in", 0, "how long the key is valid, such as 720h; without it, forever")
	rotate := asPerson("rotate KEY", "Give a key a new secret; the old one stays valid for a while", cobra.ExactArgs(1),
		func(ctx context.Context, s *session, args []string) error {
			key, err := s.RotateKey(ctx, args[0], overlap)
			return s.showKey(key, err)
		})
	addOverlapFlag(rotate, &overlap)
	command := group("keys", "Manage the chatbot's secret keys, as a person",
		asPerson("list", "List the keys, without their secrets", cobra.NoArgs, listKeys), create, rotate,
		asPerson("revoke KEY", "End a key", cobra.ExactArgs(1), func(ctx context.Context, s *session, args []string) error {
			if err := s.RevokeKey(ctx, args[0]); err != nil {
				return err
			}
			if !s.connection.json {
				s.line("Revoked %s.", args[0])
			}
			return nil
		}))
	command.PersistentFlags().StringVar(&email, "email", "", "who you are (BOT9_EMAIL); the password is asked for, or read from standard input")
	return command
}

func listKeys(ctx context.Context, s *session, _ []string) error {
	keys, err := s.Keys(ctx)
	if err != nil {
		return err
	}
	s.show(func() {
		var rows [][]string
		for _, key := range keys.Data {
			rows = append(rows, []string{key.ID, short(key.Name, 40), "…" + key.Hint, clock(key.CreatedAt), clock(key.LastUsedAt), clock(key.GraceUntil)})
		}
		s.table([]string{"KEY", "NAME", "SECRET", "CREATED", "LAST USED", "OLD SECRET UNTIL"}, rows)
	})
	return nil
}

func (s *session) showKey(key client.Key, err error) error {
	if err != nil {
		return err
	}
	s.show(func() {
		s.facts("Key", key.ID, "Name", printable(key.Name), "Secret", key.Secret, "Old secret until", clock(key.GraceUntil))
		s.line("%s", faint.Render("The secret is shown this once."))
	})
	return nil
}
