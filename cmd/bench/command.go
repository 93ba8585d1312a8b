package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"datahour/bot"
	"datahour/cmd/bench/floor"
)

// commandConnections: 16 is what peers were measured with (measures.md), 64 a
// crowd pressing at once.
var commandConnections = []int{16, 64}

// commandRound measures slash commands that are stored before they are
// answered. The floor is a bare handler that stores one thing seen, one record
// and one line of a log. Ours is a handler that hands the same form to
// Bot.Receive, where the command is found, its caller and rights are read, its
// function is run, and the same is stored and what was read is checked.
func commandRound(ctx context.Context, b *bench, at place) error {
	for _, connections := range commandConnections {
		o := floor.HTTPOptions{Connections: connections, Requests: b.commands}
		var bare, real floor.HTTPResult
		err := b.both(func() (err error) {
			if at.url != "" {
				bare, err = floor.RedisHTTP(ctx, at.url, o)
				return err
			}
			dir, err := at.fresh()
			if err != nil {
				return err
			}
			bare, err = floor.SQLiteHTTP(ctx, dir, o)
			return err
		}, func() (err error) {
			real, err = commands(ctx, at, o)
			return err
		})
		if err != nil {
			return err
		}
		what := fmt.Sprintf("stored command over HTTP, %d connections", connections)
		b.table.note(line{what, at.name(), "/s", ratioAtLeast(0.75)}, bare.Rate, real.Rate)
		b.table.note(line{what + ": p99", at.name(), "ms", target{}}, ms(bare.Latency.P99), ms(real.Latency.P99))
	}
	return nil
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// commands serves the real bot and loads it.
func commands(ctx context.Context, at place, o floor.HTTPOptions) (r floor.HTTPResult, err error) {
	store, done, err := at.open(ctx)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, done()) }()
	bot, err := run(bot.Config{Store: store, Features: []bot.Feature{&feature{}}})
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, bot.stop()) }()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return r, err
	}
	server := &http.Server{ReadHeaderTimeout: 10 * time.Second, Handler: slash(bot.Receive)}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	defer func() {
		err = errors.Join(err, server.Shutdown(context.WithoutCancel(ctx)))
		if e := <-served; !errors.Is(e, http.ErrServerClosed) {
			err = errors.Join(err, e)
		}
	}()
	return floor.Load(ctx, "http://"+listener.Addr().String()+"/", o, func(request int) (string, http.Header) {
		return floor.Command(request).Encode(), nil
	})
}

// slash answers slash commands as a platform posts them. An answer that does not
// say what the command says is an error, so that nothing unsaved is counted.
func slash(receive bot.Receive) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			http.Error(w, "not a form", http.StatusBadRequest)
			return
		}
		form := r.PostForm
		reply, err := receive(r.Context(), bot.Inbound{
			ID: "command:" + form.Get("trigger_id"), Kind: bot.Command, At: time.Now(),
			Room: bot.RoomID("bench:" + form.Get("channel_id")), From: bot.UserID("bench:" + form.Get("user_id")),
			Text: form.Get("command")[1:] + " " + form.Get("text"),
		})
		if err != nil || reply.Post == nil || reply.Post.Text != "Saved" {
			http.Error(w, fmt.Sprintf("not saved: %+v, %v", reply.Post, err), http.StatusServiceUnavailable)
			return
		}
		answer, err := json.Marshal(struct {
			Text string `json:"text"`
		}{reply.Post.Text})
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(answer) // a sender that went away is the loader's to report
	}
}
