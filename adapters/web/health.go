package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"runtime"
	"runtime/metrics"
	"strconv"
	"sync/atomic"
	"time"
)

// healthz: the process answers.
func (s *Site) healthz(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	w.Write([]byte("ok\n"))
}

// Readiness is what /readyz answers.
type Readiness struct {
	Ready     bool                      `json:"ready"`
	Why       string                    `json:"why,omitempty"` // why not
	Platforms map[string]PlatformStatus `json:"platforms"`
}

// PlatformStatus is how one platform is doing.
type PlatformStatus struct {
	State  string     `json:"state"`           // "connected", or what is the matter
	Since  *time.Time `json:"since,omitempty"` // of being connected, or not
	Name   string     `json:"name,omitempty"`  // what the workspace or team calls itself
	Advice []string   `json:"to_do,omitempty"` // what somebody has to do there
}

// readyz: this process is the active one and the store answers. A standby
// process answers 503, so that a balancer sends what changes things elsewhere.
// A platform that is away changes nothing in that.
func (s *Site) readyz(w http.ResponseWriter, r *http.Request) {
	status := Readiness{Ready: true, Platforms: map[string]PlatformStatus{}}
	if err := s.o.Bot.Ready(); err != nil {
		status.Ready, status.Why = false, err.Error()
	} else if _, err := s.o.Bot.Community(r.Context()); err != nil {
		status.Ready, status.Why = false, "the store does not answer"
	}
	for _, c := range s.o.Bot.Connections() {
		p := PlatformStatus{State: c.State, Name: c.Name, Advice: c.Advice}
		if !c.Since.IsZero() {
			p.Since = &c.Since
		}
		status.Platforms[c.Platform] = p
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

// metric is one number for Prometheus to read.
type metric struct {
	name, kind, help string
	read             func() float64
}

// metrics are counts only; no label holds a person, a room or words. They are a
// dozen numbers in Prometheus's text format, which is simple enough to write:
// its client library would be 2 MB of the program, most of it protobuf.
func (s *Site) metrics() http.HandlerFunc {
	stats := &s.o.Bot.Stats
	count := func(name, help string, n *atomic.Int64) metric {
		return metric{"datahour_" + name + "_total", "counter", help, func() float64 { return float64(n.Load()) }}
	}
	all := []metric{
		count("commands", "Commands, presses and forms received.", &stats.Commands),
		count("messages", "Messages, edits, deletions and reactions heard.", &stats.Messages),
		count("commits", "Commits to the store.", &stats.Commits),
		count("conflicts", "Commits that were tried again because something had changed.", &stats.Conflicts),
		count("failures", "Things that went wrong and are logged.", &stats.Failures),
		count("alarms_rung", "Promises kept.", &stats.AlarmsRung),
		count("alarms_missed", "Promises that came too late to be kept.", &stats.AlarmsMissed),
		count("posted", "Posts shown.", &stats.Posted),
		count("post_edited", "Posts edited.", &stats.PostEdited),
		count("post_deleted", "Posts deleted.", &stats.PostDeleted),
		count("post_unsure", "Sends of unsure end, looked for afterwards.", &stats.PostUnsure),
		{"datahour_active", "gauge", "1 when this process is the active one.", func() float64 {
			if s.o.Bot.Ready() == nil {
				return 1
			}
			return 0
		}},
		{"go_goroutines", "gauge", "Goroutines that exist.", func() float64 { return float64(runtime.NumGoroutine()) }},
		{"go_memory_total_bytes", "gauge", "Memory that the Go runtime has from the system.", memory},
		{"process_start_time_seconds", "gauge", "When the process started, in seconds since 1970.", func() float64 { return float64(s.began.UnixMilli()) / 1000 }},
	}
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		for _, m := range all {
			fmt.Fprintf(w, "# HELP %s %s\n# TYPE %[1]s %[3]s\n%[1]s %[4]s\n", m.name, m.help, m.kind, strconv.FormatFloat(m.read(), 'f', -1, 64))
		}
	}
}

func memory() float64 {
	sample := []metrics.Sample{{Name: "/memory/classes/total:bytes"}}
	metrics.Read(sample)
	return float64(sample[0].Value.Uint64())
}
