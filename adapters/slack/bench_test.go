package slack

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	slackapi "github.com/slack-go/slack"

	"datahour/bot"
)

// BenchmarkCommand holds a command over the real route against a bare handler
// that only verifies: what the adapter adds before and after the core.
func BenchmarkCommand(b *testing.B) {
	c := newChat(b, Options{Name: "defra", BotToken: botToken, SigningSecret: signingSecret})
	ctx, stop := context.WithCancel(context.Background())
	s := newSession(ctx, c, func(context.Context, bot.Inbound) (bot.Reply, error) { return bot.Answer("Saved."), nil }, func(bot.RoomID) {})
	c.running.Store(s)
	defer s.end()
	defer stop()
	bare := func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		v, err := slackapi.NewSecretsVerifier(r.Header, signingSecret)
		if err == nil {
			_, _ = v.Write(body)
			err = v.Ensure()
		}
		if err != nil {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		_, _ = io.WriteString(w, `{"response_type":"ephemeral","text":"Saved."}`)
	}
	var n atomic.Int64 // over all runs: the same request again would be a replay
	for name, handler := range map[string]http.Handler{"bare": http.HandlerFunc(bare), "adapter": c.Routes()} {
		b.Run(name, func(b *testing.B) {
			server := httptest.NewServer(handler)
			defer server.Close()
			b.RunParallel(func(pb *testing.PB) {
				client := &http.Client{Transport: &http.Transport{}}
				for pb.Next() {
					req := signedRequest("/commands", commandBody(fmt.Sprint(name, n.Add(1)), "list"), signingSecret, time.Now())
					out, err := http.NewRequest(http.MethodPost, server.URL+"/commands", req.Body)
					if err != nil {
						b.Error(err)
						return
					}
					out.Header = req.Header
					resp, err := client.Do(out)
					if err != nil {
						b.Error(err)
						return
					}
					_, _ = io.Copy(io.Discard, resp.Body)
					_ = resp.Body.Close()
					if resp.StatusCode != http.StatusOK {
						b.Errorf("%d", resp.StatusCode)
						return
					}
				}
			})
		})
	}
}
