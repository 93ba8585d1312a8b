package world

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// DefaultToken is the bot's password when Options names none. It keeps honest
// programs apart; what keeps others out is that only loopback is served.
const DefaultToken = "playground"

// Options says how a World is made. The zero value works.
type Options struct {
	Token     string   // what the bot shows as its bearer token; DefaultToken when empty
	File      string   // where the journal is kept; empty: nothing outlives the World
	PublicURL string   // the bot's public pages, linked from the page
	People    []Person // who is here at the start; DefaultPeople when nil
	Posts     int      // how many posts a room keeps before the oldest go; 20,000 when 0
	Events    int      // how many events a platform keeps for the bot; 20,000 when 0

	Patience      time.Duration // how long a person waits for the bot; 3 s when 0
	ClockPatience time.Duration // and for the clock to have been moved; 2 min when 0

	// Now and After are the real clock and its timer; tests bring their own.
	Now   func() time.Time
	After func(time.Duration) <-chan time.Time
}

// World is both platforms and everybody on them. Its methods may be used from
// many goroutines.
type World struct {
	opt    Options
	public *url.URL
	done   chan struct{} // closed by Close: nothing may wait beyond it
	close  sync.Once
	busy   sync.WaitGroup // sockets and followers, which outlive their handlers' requests

	mu        sync.Mutex
	journal   *journal
	serial    uint64    // the last number given to a message or trigger
	clockSent time.Time // when the bot last said how late it is, by the real clock
	offset    time.Duration
	platforms []*platform
	people    map[string]*Person
	order     []*Person // people as they came
	rooms     map[string]*room
	posts     map[string]*Post
	once      map[string]string // callers' own ids for what they said, to the post's
	triggers  map[string]*trigger
	asked     []*trigger // oldest first, to forget them in order
	followers map[*follower]bool
}

// DefaultPeople are an organiser and three others on each platform; Sam is there
// to see that nobody is shown who does not want to be.
func DefaultPeople() []Person {
	return []Person{
		{ID: "ada", Platform: "north", Name: "Ada Byron", Organiser: true, About: "organiser"},
		{ID: "grace", Platform: "north", Name: "Grace Hopper", About: "host"},
		{ID: "tim", Platform: "north", Name: "Tim Berners", About: "member"},
		{ID: "mary", Platform: "north", Name: "Mary Somerville", About: "member"},
		{ID: "florence", Platform: "south", Name: "Florence Hall", Organiser: true, About: "organiser"},
		{ID: "alan", Platform: "south", Name: "Alan Marsh", About: "member"},
		{ID: "edith", Platform: "south", Name: "Edith Clarke", About: "member"},
		{ID: "sam", Platform: "south", Name: "Sam Okoro", About: "would rather not be shown"},
	}
}

// New makes a World and, when Options.File names a journal, goes on where it
// was. It fails when that file cannot be read or written.
func New(opt Options) (*World, error) {
	if opt.Token == "" {
		opt.Token = DefaultToken
	}
	if opt.People == nil {
		opt.People = DefaultPeople()
	}
	if opt.Posts == 0 {
		opt.Posts = 20_000
	}
	if opt.Events == 0 {
		opt.Events = 20_000
	}
	if opt.Patience == 0 {
		opt.Patience = 3 * time.Second
	}
	if opt.ClockPatience == 0 {
		opt.ClockPatience = 2 * time.Minute
	}
	if opt.Now == nil {
		opt.Now = time.Now
	}
	if opt.After == nil {
		opt.After = time.After
	}
	w := &World{opt: opt, done: make(chan struct{})}
	if opt.PublicURL != "" {
		u, err := url.Parse(opt.PublicURL)
		if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
			return nil, fmt.Errorf("playground: the public address %q is not like http://127.0.0.1:8080", opt.PublicURL)
		}
		w.public = u
	}
	w.begin()
	for _, p := range opt.People {
		if w.platform(p.Platform) == nil {
			return nil, fmt.Errorf("playground: %s is on %q, which is neither north nor south", p.Name, p.Platform)
		}
		w.apply(entry{Person: &p})
	}
	if opt.File != "" {
		j, err := openJournal(w, opt.File)
		if err != nil {
			return nil, err
		}
		w.journal = j
	}
	return w, nil
}

// Close ends everything that waits, sockets and open pages too, and closes the
// journal.
func (w *World) Close() error {
	var err error
	w.close.Do(func() {
		w.mu.Lock()
		close(w.done)
		if w.journal != nil {
			err = w.journal.file.Close()
		}
		w.mu.Unlock()
		w.busy.Wait()
	})
	return err
}

// Handler serves the page, /api/ and /bot/. It may stand under a prefix with
// http.StripPrefix. It answers only loopback.
func (w *World) Handler() http.Handler {
	mux := http.NewServeMux()
	w.routePage(mux)
	w.routePeople(mux)
	w.routeReading(mux)
	w.routeMischief(mux)
	w.routeBot(mux)
	return w.guard(mux)
}

// pause waits for d on the real clock, and says false when the World was closed
// instead. It does not care whether the caller went away: that is the point of
// a late effect.
func (w *World) pause(d time.Duration) bool {
	select {
	case <-w.opt.After(d):
		return true
	case <-w.done:
		return false
	}
}

// enter counts in a socket or an open page, for Close to wait for. It says false
// when the World is closed; else the caller calls w.busy.Done.
func (w *World) enter() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	select {
	case <-w.done:
		return false
	default:
		w.busy.Add(1)
		return true
	}
}

// alive gives a context that ends with the World or with its parent.
func (w *World) alive(parent context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(parent)
	go func() {
		select {
		case <-w.done:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}
