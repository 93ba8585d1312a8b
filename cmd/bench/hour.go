package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"

	storeredis "datahour/adapters/redis"
	"datahour/adapters/sqlite"
	"datahour/adapters/web"
	"datahour/bot"
	"datahour/bot/community"
	"datahour/bot/hours"
	"datahour/bot/my"
	"datahour/cmd/bench/floor"
)

const (
	speakers  = 200 // people, half of whom agreed to be shown
	pacedRate = 50  // messages a second when the way of one is timed: far more than people write
	pageTries = 5
)

// held is an hour that was held, and what was kept of it.
type held struct {
	dir string // the bot's DATA_DIR
	url string // of the Redis, "" for SQLite
	id  string
}

// holding is what was measured on the way.
type holding struct {
	heard   float64      // messages a second that were heard, from both rooms at once
	carried float64      // a second, until the last one stood in the other room
	lag     floor.Spread // from hearing a message to its copy, at pacedRate and with all the others said before
	page    time.Duration
	json    time.Duration
	grown   float64 // MiB that the program holds in memory when the hour is over, more than before it
}

// hourRound holds an hour in two rooms of two platforms: everything goes the
// way that it goes with real ones, from Bot.Receive to Chat.Post.
func hourRound(ctx context.Context, b *bench, at place) error {
	m, err := b.hold(ctx, at)
	if err != nil {
		return err
	}
	what := fmt.Sprintf("an hour of %d messages", b.messages)
	b.table.note(line{what + ": heard and stored", at.name(), "/s", target{}}, 0, m.heard)
	b.table.note(line{what + ": carried across", at.name(), "/s", target{}}, 0, m.carried)
	b.table.note(line{what + ": one more carried, p99", at.name(), "ms", oursAtMost(1000)}, 0, ms(m.lag.P99))
	b.table.note(line{what + ": live page after a change", at.name(), "ms", oursAtMost(500)}, 0, ms(m.page))
	b.table.note(line{what + ": transcript as JSON", at.name(), "ms", oursAtMost(500)}, 0, ms(m.json))
	b.table.note(line{what + ": memory kept", at.name(), "MiB", oursAtMost(16)}, 0, m.grown)
	return nil
}

// scene is an hour under way.
type scene struct {
	*running
	site *web.Site
	id   string

	mu    sync.Mutex
	said  map[int]time.Time // when each message was handed in
	lags  map[int]time.Duration
	waits int // messages whose copy has not arrived
}

// hold holds an hour and remembers where it is kept.
func (b *bench) hold(ctx context.Context, at place) (m holding, err error) {
	store, kept, err := b.keep(ctx, at)
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	s := &scene{said: map[int]time.Time{}, lags: map[int]time.Duration{}}
	north, south := newChat("north", "data", s.arrived), newChat("south", "data-chat", s.arrived)
	if s.running, err = run(bot.Config{Store: store, Chats: []bot.Chat{north, south}, PublicURL: "http://127.0.0.1",
		Features:   []bot.Feature{hours.New(), my.New(), community.New()},
		Organisers: map[string][]bot.UserID{"north": {"north:ada"}, "south": {"south:florence"}},
		Defaults:   bot.Community{Policy: bot.DefaultPolicy}}); err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	if s.site, err = web.New(web.Options{Bot: s.Bot}); err != nil {
		return m, err
	}
	defer s.site.Close()
	if err := s.open(ctx, north, south); err != nil {
		return m, err
	}
	kept.id = s.id
	b.held[at.name()] = kept
	before := heap()
	if err := s.talk(ctx, b.messages, b.paced, &m); err != nil {
		return m, err
	}
	if err := s.looked(ctx, b.messages, &m); err != nil {
		return m, err
	}
	if err := s.close(ctx, store); err != nil {
		return m, err
	}
	s.said, s.lags = nil, nil
	m.grown = heap() - before
	return m, nil
}

// keep opens an empty store that stays, for the built program to be started on.
func (b *bench) keep(ctx context.Context, at place) (bot.Store, held, error) {
	h := held{url: at.url}
	var err error
	if h.dir, err = at.fresh(); err != nil {
		return nil, h, err
	}
	if at.url == "" {
		store, err := sqlite.Open(filepath.Join(h.dir, "datahour.db"))
		return store, h, err
	}
	h.url += "?db=1" // not the one that is emptied after every figure
	if err := (place{url: h.url}).empty(ctx); err != nil {
		return nil, h, err
	}
	store, err := storeredis.Open(ctx, storeredis.Options{URL: h.url, Community: "main"})
	return store, h, err
}

var opensHour = regexp.MustCompile(`^datahour post \S+`)

// open links the rooms, opens an hour in both, and lets half of the people agree.
func (s *scene) open(ctx context.Context, north, south *chat) error {
	if err := s.connected(); err != nil {
		return err
	}
	if err := s.openIn(ctx, north.room, south.room); err != nil {
		return err
	}
	for n := range speakers / 2 {
		if _, err := s.command(ctx, speaker(n), roomOf(speaker(n)), "my shown name"); err != nil {
			return err
		}
	}
	return nil
}

// openIn links two rooms and opens an hour in both.
func (s *scene) openIn(ctx context.Context, north, south bot.RoomInfo) error {
	there := south.Room.Platform() + ":" + south.Name[1:]
	if _, err := s.command(ctx, "north:ada", north.Room, "community rooms link "+there); err != nil {
		return err
	}
	if _, err := s.command(ctx, "south:florence", south.Room, fmt.Sprintf("community rooms accept %s %s", north.Room, south.Room)); err != nil {
		return err
	}
	preview, err := s.command(ctx, "north:ada", north.Room, `datahour start "Ten thousand messages" length=3h rooms=here,`+there)
	if err != nil {
		return err
	}
	for _, button := range preview.Buttons {
		if opensHour.MatchString(button.Command) {
			if _, err := s.command(ctx, "north:ada", north.Room, button.Command); err != nil {
				return err
			}
		}
	}
	open, err := bot.Find[hours.Hour](ctx, s.View(), "hours:"+string(hours.Open))
	if err != nil || len(open) != 1 || len(open[0].Rooms) != 2 {
		return fmt.Errorf("%d hours were opened, %v; the preview was %+v", len(open), err, preview)
	}
	s.id = open[0].ID
	return nil
}

// speaker is one of the people, who are on the two platforms in turn.
func speaker(n int) bot.UserID {
	n %= speakers
	return bot.UserID([]string{"north:p", "south:p"}[n%2] + strconv.Itoa(n))
}

func roomOf(u bot.UserID) bot.RoomID {
	if u.Platform() == "north" {
		return "north:data"
	}
	return "south:data-chat"
}

var commandNumber int

func (s *scene) command(ctx context.Context, from bot.UserID, room bot.RoomID, words string) (*bot.Post, error) {
	commandNumber++
	reply, err := s.Receive(ctx, bot.Inbound{ID: "command:" + strconv.Itoa(commandNumber), Kind: bot.Command, From: from, Room: room, Text: words, At: time.Now(), People: profile(from)})
	if err != nil {
		return nil, err
	}
	if reply.Post == nil {
		return nil, fmt.Errorf("%q was left without an answer", words)
	}
	return reply.Post, nil
}

func profile(u bot.UserID) []bot.Profile { return []bot.Profile{{User: u, Name: "Person " + u.Rest()}} }

// say hands in the n-th message. Every seventh stands in the thread of an earlier one.
func (s *scene) say(ctx context.Context, room bot.RoomID, who bot.UserID, n int) error {
	in := bot.Inbound{ID: "msg:" + strconv.Itoa(n), Kind: bot.Message, Room: room, From: who, At: time.Now(), People: profile(who),
		Message: message(room, n), Text: fmt.Sprintf("m%dx We match them by hand, every quarter, and it takes two days; see https://example.org/%d", n, n%50)}
	if n%7 == 0 && n >= 14 {
		in.Thread = message(room, n-14) // of the same parity, and so of the same room
	}
	s.mu.Lock()
	s.said[n] = in.At
	s.waits++
	s.mu.Unlock()
	_, err := s.Receive(ctx, in)
	return err
}

func message(room bot.RoomID, n int) bot.MessageID {
	return bot.MessageID(room.Platform() + ":m" + strconv.Itoa(n))
}

var numbers = regexp.MustCompile(`\bm(\d+)x `)

// arrived notes whose copies stand in a post.
func (s *scene) arrived(_ bot.RoomID, p bot.Post) {
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, match := range numbers.FindAllStringSubmatch(p.Text, -1) {
		n, _ := strconv.Atoi(match[1]) // digits, as the pattern says
		at, known := s.said[n]
		if _, before := s.lags[n]; !known || before {
			continue
		}
		s.lags[n] = now.Sub(at)
		s.waits--
	}
}

func (s *scene) allCarried() error {
	err := until(5*time.Minute, func() bool { s.mu.Lock(); defer s.mu.Unlock(); return s.waits == 0 })
	if err != nil {
		return fmt.Errorf("%d messages were not carried: %w", s.waits, err)
	}
	return nil
}

// talk says messages as fast as they are heard, from both rooms at once, as each
// adapter hands in what is said in a room one after the other; and then some at
// a pace.
func (s *scene) talk(ctx context.Context, messages, paced int, m *holding) error {
	start := time.Now()
	var rooms sync.WaitGroup
	var errs [2]error
	for side := range errs {
		rooms.Go(func() {
			for n := side; n < messages && errs[side] == nil; n += 2 {
				who := speaker(n)
				errs[side] = s.say(ctx, roomOf(who), who, n)
			}
		})
	}
	rooms.Wait()
	if err := errors.Join(errs[:]...); err != nil {
		return err
	}
	m.heard = float64(messages) / time.Since(start).Seconds()
	if err := s.allCarried(); err != nil {
		return err
	}
	m.carried = float64(messages) / time.Since(start).Seconds()

	tick := time.NewTicker(time.Second / pacedRate)
	defer tick.Stop()
	for i := range paced {
		<-tick.C
		who := speaker(i)
		if err := s.say(ctx, roomOf(who), who, messages+i); err != nil {
			return err
		}
	}
	if err := s.allCarried(); err != nil {
		return err
	}
	var lags []time.Duration
	for i := range paced {
		lags = append(lags, s.lags[messages+i])
	}
	m.lag = floor.SpreadOf(lags)
	return nil
}

// looked times the page and the transcript, each just after a change, so that
// nothing that was made before can be shown again.
func (s *scene) looked(ctx context.Context, messages int, m *holding) error {
	n := messages + 1000
	for _, look := range []struct {
		path  string
		words string // that have to be in it
		took  *time.Duration
	}{{"/hour/" + s.id, "Person p0", &m.page}, {"/hour/" + s.id + ".json", "Person p0", &m.json}} {
		var took []time.Duration
		for range pageTries {
			n++
			if err := s.say(ctx, "north:data", "north:p0", n); err != nil {
				return err
			}
			answer := httptest.NewRecorder()
			began := time.Now()
			s.site.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, look.path, nil).WithContext(ctx))
			took = append(took, time.Since(began))
			for _, words := range []string{look.words, fmt.Sprintf("m%dx", n)} {
				if answer.Code != http.StatusOK || !strings.Contains(answer.Body.String(), words) {
					return fmt.Errorf("%s answered %d without %q", look.path, answer.Code, words)
				}
			}
		}
		*look.took = floor.SpreadOf(took).P50
	}
	return s.allCarried()
}

// close closes the hour and waits until all that it has to say is said.
func (s *scene) close(ctx context.Context, store bot.Store) error {
	if _, err := s.command(ctx, "north:ada", "north:data", "datahour close"); err != nil {
		return err
	}
	var h hours.Hour
	if _, err := s.View().Get(ctx, "hour/"+s.id, &h); err != nil || h.State != hours.Closed {
		return fmt.Errorf("the hour is %s, %v", h.State, err)
	}
	return until(time.Minute, func() bool {
		waiting, err := store.List(ctx, "todo", "", 1)
		return err == nil && len(waiting) == 0
	})
}

// heap is how much memory is in use, in MiB, once what is not is collected.
func heap() float64 {
	runtime.GC()
	runtime.GC() // what the first one only set free
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc) / (1 << 20)
}
