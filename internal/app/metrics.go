package app

import (
	"errors"
	"net"
	"net/http"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

// openMetrics listens where --metrics-addr says, if it does.
func (a *App) openMetrics(metrics http.Handler) (err error) {
	if a.settings.MetricsAddr == "" {
		return nil
	}
	if a.metricsListener, err = net.Listen("tcp", a.settings.MetricsAddr); err != nil {
		return bot9.Errorf(bot9.Conflict, "addressInUse", "Can't listen on %s for the metrics: %v. Choose another address with --metrics-addr.", a.settings.MetricsAddr, err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, r *http.Request) {
		if token := a.settings.MetricsToken; token != "" && !hasToken(r, token) {
			refuse(w, http.StatusUnauthorized, "unauthorized", "The metrics take the token that --metrics-token sets (Authorization: Bearer …).")
			return
		}
		metrics.ServeHTTP(w, r)
	})
	a.metricsServer = &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 30 * time.Second}
	return nil
}

// serveMetrics serves what openMetrics has opened until closeMetrics.
func (a *App) serveMetrics() {
	if a.metricsServer == nil {
		return
	}
	if err := a.metricsServer.Serve(a.metricsListener); !errors.Is(err, http.ErrServerClosed) {
		a.log.Error("metrics", "error", err)
	}
}

func (a *App) closeMetrics() {
	if a.metricsServer != nil {
		_ = a.metricsServer.Close()
	}
	if a.metricsListener != nil {
		_ = a.metricsListener.Close() // where it was never served
	}
}
