package web

import (
	"encoding/json"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// healthz: the process answers.
func (s *Site) healthz(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	w.Write([]byte("ok\n"))
}

// readyz: this process is the active one and the store answers. A standby
// process answers 503, so that a balancer sends what changes things elsewhere.
func (s *Site) readyz(w http.ResponseWriter, r *http.Request) {
	status := struct {
		Ready     bool              `json:"ready"`
		Why       string            `json:"why,omitempty"`
		Platforms map[string]string `json:"platforms"`
	}{Ready: true, Platforms: map[string]string{}}
	if err := s.o.Bot.Ready(); err != nil {
		status.Ready, status.Why = false, err.Error()
	} else if _, err := s.o.Bot.Community(r.Context()); err != nil {
		status.Ready, status.Why = false, "the store does not answer"
	}
	for _, c := range s.o.Bot.Connections() {
		status.Platforms[c.Platform] = c.State
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	if !status.Ready {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	if err := json.NewEncoder(w).Encode(status); err != nil {
		s.o.Log.Debug("readiness not delivered", "err", err)
	}
}

// metrics are counts only; no label holds a person, a room or words.
func (s *Site) metrics() http.Handler {
	reg := prometheus.NewRegistry()
	reg.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	stats := &s.o.Bot.Stats
	for name, c := range map[string]struct {
		help string
		read func() int64
	}{
		"commands":      {"Commands, presses and forms received", stats.Commands.Load},
		"messages":      {"Messages, edits, deletions and reactions heard", stats.Messages.Load},
		"commits":       {"Commits to the store", stats.Commits.Load},
		"conflicts":     {"Commits that were tried again because something had changed", stats.Conflicts.Load},
		"failures":      {"Things that went wrong and are logged", stats.Failures.Load},
		"alarms_rung":   {"Promises kept", stats.AlarmsRung.Load},
		"alarms_missed": {"Promises that came too late to be kept", stats.AlarmsMissed.Load},
		"posted":        {"Posts shown", stats.Posted.Load},
		"post_edited":   {"Posts edited", stats.PostEdited.Load},
		"post_deleted":  {"Posts deleted", stats.PostDeleted.Load},
		"post_unsure":   {"Sends of unsure end, looked for afterwards", stats.PostUnsure.Load},
	} {
		reg.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "datahour_" + name + "_total", Help: c.help},
			func() float64 { return float64(c.read()) }))
	}
	reg.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "datahour_active", Help: "1 when this process is the active one"}, func() float64 {
		if s.o.Bot.Ready() == nil {
			return 1
		}
		return 0
	}))
	return promhttp.HandlerFor(reg, promhttp.HandlerOpts{})
}
