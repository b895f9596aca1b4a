package store_test

import (
	"context"
	"database/sql"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx", which asks for plans
	"github.com/ncruces/go-sqlite3/driver"
	"github.com/ncruces/go-sqlite3/ext/fts5"

	"github.com/bot9/bot9/internal/store"
)

// The conformance suite makes the store run everything that it knows. Each statement that it prepared is shown to the
// planner of its database: none may walk through a table that grows, or sort what it finds there.

// statements are those that stores prepared, once each.
type statements struct {
	mu   sync.Mutex
	seen map[string]struct{}
}

func (s *statements) add(sql string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.seen == nil {
		s.seen = map[string]struct{}{}
	}
	s.seen[sql] = struct{}{}
}

var selects = regexp.MustCompile(`^\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\b`)

// check shows every statement to explain and reports those whose plan is none that scales.
func (s *statements) check(t *testing.T, explain func(sql string) (string, error), fault func(sql, plan string) string) {
	checked := 0
	for sql := range s.seen {
		if !selects.MatchString(sql) || strings.Contains(sql, "pg_") {
			continue
		}
		checked++
		plan, err := explain(sql)
		if err != nil {
			t.Errorf("%v in\n%s", err, sql)
			continue
		}
		if found := fault(sql, plan); found != "" && excused(sql) == "" {
			t.Errorf("%s\n%s\n%s", found, sql, plan)
		}
	}
	t.Logf("%d statements", checked)
}

// excused tells why a statement may do what others must not, "" if it may not.
func excused(sql string) string {
	for part, reason := range map[string]string{
		"ORDER BY +":                                          "it sorts the deliveries of one event or conversation on purpose",
		"SELECT d.id FROM d":                                  "it sorts the deliveries of one event or conversation on purpose",
		"UPDATE backlog SET state = 1":                        "the rows that are taken are few",
		"WITH RECURSIVE r(id) AS (":                           "its first step takes one row of the index",
		"GROUP BY e.conversation_id":                          "it groups one slice",
		" d.event_id = $":                                     "an event has a delivery or two for each webhook",
		"WHERE b.replay_id = $1":                              "a replay has at most replayInBacklog deliveries there",
		"SELECT DISTINCT b.replay_id":                         "likewise",
		"search_pieces":                                       "it is a full-text index",
		"search_backfill b":                                   "it has two rows",
		"search_queue q":                                      "it has what was said a moment ago",
		"FROM accounts a WHERE a.deleted_at = 0 ORDER BY":     "an operator lists them",
		"SELECT count(*) FROM conversations c":                "an operator has the log checked",
		"FROM sessions":                                       "a person has few",
		"FROM nodes n":                                        "there are few nodes",
		"FROM replays r WHERE r.status = ":                    "there are few running replays",
		"SELECT 1 FROM accounts LIMIT 1":                      "it takes one row",
		"substr(sealed, 1, 5) <> $1":                          "it looks for what another master key has sealed, once after a change of keys",
		"substr(answer, 1, 5) <> $1":                          "likewise",
		"SELECT 1 FROM accounts WHERE deleted_at = 0 LIMIT 1": "it takes one row",
		"FROM widgets w WHERE w.id = c.id) LIMIT":             "it looks once, at the start, for chatbots that are older than widgets",
		"SELECT sealed FROM":                                  "it takes the newest row, when the process starts",
		"owed_answers":                                        "there are few questions that wait for their answer",
		"w.signs_publicly = 1 ORDER BY":                       "its index has no other webhooks, and it stops at a limit",
		"ORDER BY c.id, m.id LIMIT":                           "it sorts one conversation after the other, and stops at a limit",
		"FROM key_secrets s JOIN keys":                        "it looks up the secrets that it names",
	} {
		if strings.Contains(sql, part) {
			return reason
		}
	}
	return ""
}

// small are tables, and names within statements, that have few rows whatever is stored.
var small = regexp.MustCompile(`^(tail|nodes|owed_answers|json_each|j|q|r|u|o|c|n|found|CONSTANT|\(.*|clock_shifts|purging|search_state|search_backfill)$`)

var sqliteScan = regexp.MustCompile(`SCAN (\S+)`)

func sqliteFault(sql, plan string) string {
	for _, scan := range sqliteScan.FindAllStringSubmatch(plan, -1) {
		if !small.MatchString(scan[1]) {
			return "it scans " + scan[1]
		}
	}
	sorted, _, _ := strings.Cut(plan, "RIGHT") // in memory, the newest events of one conversation
	if strings.Contains(sorted, "TEMP B-TREE") {
		return "it sorts"
	}
	return ""
}

func checkSQLitePlans(t *testing.T, seen *statements) {
	path := filepath.Join(t.TempDir(), "bot9.db")
	if err := store.Migrate(t.Context(), "sqlite:"+path); err != nil {
		t.Fatal(err)
	}
	db, err := driver.Open("file:"+path, fts5.Register)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	seen.check(t, func(statement string) (string, error) {
		rows, err := db.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+statement)
		if err != nil {
			return "", err
		}
		defer rows.Close()
		var steps []string
		for rows.Next() {
			var id, parent, unused int
			var step string
			if err := rows.Scan(&id, &parent, &unused, &step); err != nil {
				return "", err
			}
			steps = append(steps, step)
		}
		return strings.Join(steps, "\n"), rows.Err()
	}, sqliteFault)
}

var (
	postgresNode = regexp.MustCompile(`(?m)^\s*(?:->  )?(Seq Scan|Index Scan|Index Scan Backward|Index Only Scan|Index Only Scan Backward|Bitmap Heap Scan)(?: using \S+)? on (\S+)(?: (\S+))?.*\n(?:\s+(?:Output|Lock).*\n)*(\s+(?:Index|Recheck) Cond)?`)
	growing      = regexp.MustCompile(` on (backlog|events|deliveries|attempts|messages|conversations|idempotency|conversation_events|documents)`)
	partial      = regexp.MustCompile(`using (backlog_taken|replays_running|webhooks_deleted|chatbots_deleted) `)
)

func postgresFault(_, plan string) string {
	for _, node := range postgresNode.FindAllStringSubmatch(plan+"\n", -1) {
		if node[4] == "" && !small.MatchString(node[2]) && !partial.MatchString(node[0]) {
			return "it reads all of " + node[2]
		}
	}
	if strings.Contains(plan, "Sort Key") && growing.MatchString(plan) {
		return "it sorts"
	}
	return ""
}

func checkPostgresPlans(t *testing.T, seen *statements) {
	db, err := sql.Open("pgx", server.Database(t))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	must := func(sql string) error {
		_, err := conn.ExecContext(context.Background(), sql)
		return err
	}
	for _, setting := range []string{"enable_seqscan = off", "enable_hashjoin = off", "enable_mergejoin = off", "enable_bitmapscan = off", "jit = off", "plan_cache_mode = force_generic_plan"} {
		if err := must("SET " + setting); err != nil {
			t.Fatal(err)
		}
	}
	seen.check(t, func(statement string) (plan string, err error) {
		if err := must("PREPARE p AS " + statement); err != nil {
			return "", err
		}
		defer func() {
			if deallocateErr := must("DEALLOCATE p"); err == nil {
				err = deallocateErr
			}
		}()
		call := "EXPLAIN EXECUTE p"
		if n := parameters(statement); n > 0 {
			call += "(" + strings.TrimSuffix(strings.Repeat("NULL,", n), ",") + ")"
		}
		rows, err := conn.QueryContext(t.Context(), call)
		if err != nil {
			return "", err
		}
		defer rows.Close()
		var lines []string
		for rows.Next() {
			var line string
			if err := rows.Scan(&line); err != nil {
				return "", err
			}
			lines = append(lines, line)
		}
		return strings.Join(lines, "\n"), rows.Err()
	}, postgresFault)
}

var parameter = regexp.MustCompile(`\$(\d+)`)

func parameters(sql string) int {
	found := map[string]bool{}
	for _, p := range parameter.FindAllString(sql, -1) {
		found[p] = true
	}
	return len(found)
}
