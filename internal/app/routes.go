package app

import (
	"context"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/bot9/bot9/internal/webhook"
	"github.com/bot9/bot9/ui"
	"github.com/bot9/bot9/widget"
)

// routes puts the API, the dashboard, the receiver and what operators look at under one address. Programs that ask
// for a path that doesn't exist are answered by the API: with a problem, never with a page.
func (a *App) routes(calls http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/api/", calls)
	mux.Handle("/.well-known/", calls)
	mux.Handle(webhook.ReceiverPath, a.receiver)
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { say(w, http.StatusOK, "alive") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
		defer cancel()
		if err := a.store.Ready(ctx); err != nil {
			a.log.Debug("not ready", "error", err) // the store's log says it, and whoever asks does so often
			say(w, http.StatusServiceUnavailable, err.Error())
			return
		}
		if a.store.PurgeState().Waiting {
			say(w, http.StatusOK, "ready; retention deletes less, because the clock has jumped ahead: see --accept-clock")
			return
		}
		say(w, http.StatusOK, "ready")
	})
	scripts := widget.Handler(calls)
	mux.Handle("/widget.js", scripts)
	mux.Handle("/widget/", scripts)
	mux.Handle("/", ui.Handler(calls))
	return mux
}

func say(w http.ResponseWriter, status int, words string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(words + "\n")) // the client may be gone
}

func (a *App) metrics() http.Handler {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	gauge := func(name, help string, value func() float64) {
		registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "bot9_" + name, Help: help}, value))
	}
	counter := func(name, help string, value func() float64) {
		registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "bot9_" + name, Help: help}, value))
	}
	gauge("deliveries_in_memory", "Deliveries that wait in memory for their turn.", func() float64 { return float64(a.dispatcher.Counts().Queued) })
	gauge("attempts_in_flight", "Requests to endpoints that are not answered yet.", func() float64 { return float64(a.dispatcher.Counts().InFlight) })
	counter("attempts_succeeded_total", "Attempts that endpoints answered with 2xx.", func() float64 { return float64(a.dispatcher.Counts().Succeeded) })
	counter("attempts_failed_total", "Attempts that failed.", func() float64 { return float64(a.dispatcher.Counts().Failed) })
	counter("events_committed_total", "Events committed since the start.", func() float64 { return float64(a.store.Counts().Events) })
	gauge("disk_full", "1 while the database's disk is full: nothing new is accepted.", func() float64 {
		if a.store.Full() {
			return 1
		}
		return 0
	})
	counter("transactions_total", "Transactions committed since the start.", func() float64 { return float64(a.store.Counts().Transactions) })
	gauge("purging_waits_for_clock", "1 while retention deletes less because the clock has jumped ahead (--accept-clock).", func() float64 {
		if a.store.PurgeState().Waiting {
			return 1
		}
		return 0
	})
	return promhttp.HandlerFor(registry, promhttp.HandlerOpts{})
}
