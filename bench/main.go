// Command bench measures the whole way of an event: a loader posts events over HTTP, the server
// runs as a process of its own, receivers take the deliveries and check them. It prints one table.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/bot9/bot9/bench/bare"
	"github.com/bot9/bot9/test/postgres"
)

// plan is how hard and how long to load.
type plan struct {
	binary      string
	duration    time.Duration
	backlog     int
	connections int
	messages    int
	nodes       int
	database    *postgres.Server // nil: the embedded one
}

func main() {
	var p plan
	var only, database string
	flag.StringVar(&p.binary, "bot9", "bin/bot9", "the program to measure")
	flag.DurationVar(&p.duration, "duration", 10*time.Second, "how long each scenario loads the server")
	flag.IntVar(&p.backlog, "backlog", 1_000_000, "events in the backlog scenario")
	flag.IntVar(&p.connections, "connections", 64, "connections of the loader")
	flag.IntVar(&p.messages, "messages", 200_000, "messages of the chatbot that is searched, or deleted, beside a neighbour")
	flag.IntVar(&p.nodes, "nodes", 1, "servers on the database, with the load spread over all")
	flag.StringVar(&database, "database-url", "sqlite:", "sqlite: or postgres: for a PostgreSQL server that the bench starts for itself")
	flag.StringVar(&only, "only", "", "scenarios to run, by name, comma-separated; all if empty")
	rows := flag.Int("rows", 0, "instead of the scenarios: what so many events and deliveries in the tables cost")
	bareAddr := flag.String("serve-bare", "", "instead of the scenarios: serve the bare path at this address")
	target := flag.String("target", "", "with -serve-bare: where to send")
	flag.Parse()
	if *bareAddr != "" {
		fmt.Fprintln(os.Stderr, "bench:", bare.Serve(*bareAddr, *target, database))
		os.Exit(1)
	}
	if *rows > 0 {
		g := &growth{rows: *rows}
		scenarios = g.scenarios()
		defer g.print()
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := runOn(ctx, database, p, only); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func runOn(ctx context.Context, database string, p plan, only string) (err error) {
	switch database {
	case "sqlite:":
		if p.nodes != 1 {
			return errors.New("-nodes needs PostgreSQL: -database-url postgres: starts one")
		}
	case "postgres:":
		// Settings as an operator would make them for a machine of this size.
		p.database, err = postgres.Start(postgres.Options{Settings: []string{"max_wal_size=4GB", "checkpoint_timeout=15min"}})
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, p.database.Close()) }()
	default:
		return errors.New("-database-url takes sqlite: or postgres: only")
	}
	return run(ctx, p, only)
}

func run(ctx context.Context, p plan, only string) error {
	fmt.Printf("%s/%s, %d cores, %s; %d connections, %s each\n\n", runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.Version(), p.connections, p.duration)
	fmt.Println(p.header())
	failed := false
	for _, s := range scenarios {
		if only != "" && !slices.Contains(strings.Split(only, ","), s.name) {
			continue
		}
		result, err := s.run(ctx, p)
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		if p.database != nil {
			result.nodes = p.nodes
		}
		fmt.Println(result.row(s.name))
		failed = failed || result.lost > 0 || result.disordered > 0
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	if failed {
		return errors.New("events were lost or out of order")
	}
	return nil
}

// header is that of the table. Only a database of its own has nodes around it, and CPU that can be told apart.
func (p plan) header() string {
	nodes, database, lines := "", "", "|---"
	if p.database != nil {
		nodes, database, lines = " nodes |", " database CPU µs/delivery |", "|---|--:|--:"
	}
	return "| scenario |" + nodes + " accepted/s | delivered/s | p50 ms | p95 ms | p99 ms | server CPU µs/delivery |" + database +
		" peak RSS MiB | lost | duplicates | out of order |\n" + lines + "|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|"
}

// result is one line of the table.
type result struct {
	accepted, delivered float64 // per second
	latencies           []time.Duration
	cpuPerDelivery      time.Duration // of all nodes
	nodes               int           // 0 on the embedded database
	databaseCPU         time.Duration // per delivery, where the database is a process of its own
	peakRSS             int64         // bytes, of the node that took most
	lost                int
	duplicates          int
	disordered          int
	note                string
}

func (r result) row(name string) string {
	slices.Sort(r.latencies)
	at := func(share float64) float64 {
		if len(r.latencies) == 0 {
			return 0
		}
		return float64(r.latencies[int(share*float64(len(r.latencies)-1))].Microseconds()) / 1000
	}
	if r.note != "" {
		name += " (" + r.note + ")"
	}
	nodes, database := "", ""
	if r.nodes > 0 {
		nodes, database = fmt.Sprintf(" %d |", r.nodes), fmt.Sprintf(" %.0f |", micros(r.databaseCPU))
	}
	return fmt.Sprintf("| %s |%s %.0f | %.0f | %.1f | %.1f | %.1f | %.0f |%s %.0f | %d | %d | %d |", name, nodes, r.accepted, r.delivered,
		at(0.50), at(0.95), at(0.99), micros(r.cpuPerDelivery), database, float64(r.peakRSS)/(1<<20), r.lost, r.duplicates, r.disordered)
}

func micros(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1000 }
