package web

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"datahour/bot"
	"datahour/bot/hours"
)

// BenchmarkTranscript10000 makes the page of an hour with 10,000 messages, read
// before, and beside it writes as many bytes that were made before: the floor.
func BenchmarkTranscript10000(b *testing.B) {
	s, err := New(Options{Bot: new(bot.Bot)})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	start := time.Date(2026, 12, 2, 20, 0, 0, 0, time.UTC)
	page := hours.Page{ID: "7k2f", Title: "Flood data", Start: start, End: start.Add(time.Hour), Zone: time.UTC, State: hours.Closed, Rooms: []string{"#data (north)"}}
	for q := range 5 {
		page.Questions = append(page.Questions, hours.PageQuestion{Number: q + 1, Text: "What did you last look up?", Asked: start})
	}
	for i := range 10_000 {
		l := hours.Line{ID: fmt.Sprintf("line%d", i), Question: i % 6, Name: "Data analyst, Environment Agency", Home: "#data (north)", At: start.Add(time.Duration(i) * 300 * time.Millisecond),
			Text: "We match them by hand, every quarter, and it takes two days: that is how it is done, see https://example.org/how."}
		if i%3 == 2 {
			l.Under = fmt.Sprintf("line%d", i-1)
		}
		page.Lines = append(page.Lines, l)
	}
	f := frame{Title: page.Title, Style: s.style, Now: start, Zone: time.UTC}
	request := httptest.NewRequest(http.MethodGet, "/hour/7k2f", nil)
	size := 0
	b.Run("page", func(b *testing.B) {
		for b.Loop() {
			f.Content = newHourPage(page, start.Add(2*time.Hour))
			w := httptest.NewRecorder()
			s.show(w, request, "hour.html", f)
			size = w.Body.Len()
		}
		b.ReportMetric(float64(size)/1e6, "MB/page")
	})
	b.Run("floor", func(b *testing.B) {
		body := make([]byte, size)
		for b.Loop() {
			send(httptest.NewRecorder(), request, "text/html", body)
		}
	})
}

// BenchmarkFollowers1000 hands one message to 1,000 followers, each with a
// goroutine that writes it out, and beside it sends on 1,000 bare channels: the floor.
func BenchmarkFollowers1000(b *testing.B) {
	const many = 1000
	m := &message{upto: 1, data: make([]byte, 700)}
	run := func(b *testing.B, write func(*stream, *message), feed func([]chan *message)) {
		ctx, stop := context.WithCancel(b.Context())
		defer stop()
		var got atomic.Int64
		all := make(chan struct{}, 1)
		followers := make([]chan *message, many)
		for i := range followers {
			followers[i] = make(chan *message, followerBuffer)
			w := httptest.NewRecorder()
			out := newStream(w)
			go func() {
				for {
					select {
					case m := <-followers[i]:
						write(out, m)
						w.Body.Reset()
						if got.Add(1)%many == 0 {
							all <- struct{}{}
						}
					case <-ctx.Done():
						return
					}
				}
			}()
		}
		for b.Loop() {
			feed(followers)
			<-all
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/many, "ns/follower")
	}
	b.Run("hub", func(b *testing.B) {
		x := &hub{}
		run(b, func(out *stream, m *message) { out.write(m.data) }, func(followers []chan *message) {
			if x.followers == nil {
				x.followers = map[chan *message]bool{}
				for _, f := range followers {
					x.followers[f] = true
				}
			}
			x.feed([]message{*m}, m.upto)
		})
	})
	b.Run("floor", func(b *testing.B) {
		run(b, func(*stream, *message) {}, func(followers []chan *message) {
			for _, f := range followers {
				f <- m
			}
		})
	})
}
