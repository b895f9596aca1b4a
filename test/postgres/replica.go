package postgres

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// Replica makes a server that follows s, and lets s answer a commit only once the replica has it as
// well: whatever was acknowledged is on both
// (https://www.postgresql.org/docs/current/warm-standby.html#SYNCHRONOUS-REPLICATION).
func (s *Server) Replica() (_ *Server, err error) {
	r := &Server{options: s.options, programs: s.programs}
	if r.folder, err = s.options.makeFolder(); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, r.Close())
		}
	}()
	if err := r.chooseOwner(); err != nil {
		return nil, err
	}
	if r.port, err = freePort(); err != nil {
		return nil, err
	}
	copied := r.command("pg_basebackup", "-h", "127.0.0.1", "-p", strconv.Itoa(s.port), "-U", superuser,
		"-D", r.data(), "-R", "-X", "stream", "--checkpoint=fast", "--no-sync")
	if out, err := copied.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("pg_basebackup: %w\n%s", err, out)
	}
	if err := r.Up(); err != nil {
		return nil, err
	}
	// After the copy, which has the settings with it: once it is promoted, the replica waits for nobody.
	for _, sql := range []string{`ALTER SYSTEM SET synchronous_standby_names = '*'`, `SELECT pg_reload_conf()`} {
		if err := s.Exec("postgres", sql); err != nil {
			return nil, err
		}
	}
	return r, s.awaitFollower()
}

// awaitFollower waits until commits wait for a replica.
func (s *Server) awaitFollower() error {
	ctx, cancel := context.WithTimeout(context.Background(), startLimit)
	defer cancel()
	conn, err := pgx.Connect(ctx, s.URL("postgres"))
	if err != nil {
		return err
	}
	for follows := false; err == nil && !follows; {
		err = conn.QueryRow(ctx, `SELECT count(*) > 0 FROM pg_stat_replication WHERE sync_state = 'sync'`).Scan(&follows)
		select {
		case <-ctx.Done():
			err = errors.Join(err, ctx.Err())
		case <-time.After(20 * time.Millisecond):
		}
	}
	return errors.Join(err, conn.Close(context.Background()))
}

// Promote makes a replica a server of its own that takes writes.
func (s *Server) Promote() error {
	return s.Exec("postgres", `SELECT pg_promote()`)
}

// FailoverURL is where a database is found on whichever of the servers takes writes.
func FailoverURL(database string, servers ...*Server) string {
	hosts := make([]string, len(servers))
	for i, s := range servers {
		hosts[i] = net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port))
	}
	return fmt.Sprintf("postgres://%s@%s/%s?sslmode=disable&target_session_attrs=read-write", superuser, strings.Join(hosts, ","), database)
}
