package bot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// connection is a Chat with its powers found once, its rate, and how it is doing.
type connection struct {
	Chat
	editor    Editor
	deleter   Deleter
	finder    Finder
	whisperer Whisperer
	directory Directory
	historian Historian
	registrar Registrar
	clocked   Clocked
	named     Named
	reporter  Reporter
	adviser   Adviser
	limits    Limits
	rate      *rate.Limiter
	turned    chan struct{} // signalled when it came up or went down

	mu      sync.Mutex
	name    string // as the platform says; "" until it did
	up      bool
	trouble string            // why it is not up; "" when nothing was tried yet
	since   time.Time         // when it came up or went down
	refused map[RoomID]string // rooms that would not take a post, and why
	behind  map[RoomID]int    // rooms where what was missed is not heard yet: gaps since
	hearing sync.WaitGroup    // those that catch up there
}

func newConnection(c Chat) *connection {
	l := &connection{Chat: c, turned: make(chan struct{}, 1), refused: map[RoomID]string{}, behind: map[RoomID]int{}}
	l.editor, _ = c.(Editor)
	l.deleter, _ = c.(Deleter)
	l.finder, _ = c.(Finder)
	l.whisperer, _ = c.(Whisperer)
	l.directory, _ = c.(Directory)
	l.historian, _ = c.(Historian)
	l.registrar, _ = c.(Registrar)
	l.clocked, _ = c.(Clocked)
	l.named, _ = c.(Named)
	l.reporter, _ = c.(Reporter)
	l.adviser, _ = c.(Adviser)
	if x, ok := c.(Limiter); ok {
		l.limits = x.Limits()
	}
	l.rate = limiter(l.limits.PlatformEvery, l.limits.PlatformBurst)
	return l
}

func (b *Bot) chat(platform string) *connection {
	for _, l := range b.chats {
		if l.Platform() == platform {
			return l
		}
	}
	return nil
}

func (l *connection) edit(ctx context.Context, room RoomID, id MessageID, key Key, mark string, p Post) error {
	if l.editor == nil {
		return &SendError{Outcome: Refused, Err: errors.New("this platform cannot edit posts")}
	}
	return l.editor.Edit(ctx, room, id, key, mark, p)
}

// delete removes a post; that it is gone already is as good.
func (l *connection) delete(ctx context.Context, room RoomID, id MessageID) error {
	if l.deleter == nil {
		return &SendError{Outcome: Refused, Err: errors.New("this platform cannot delete posts")}
	}
	err := l.deleter.Delete(ctx, room, id)
	var send *SendError
	if errors.As(err, &send) && send.Outcome == Gone {
		return nil
	}
	return err
}

func (l *connection) failed(room RoomID, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.refused) < 100 {
		l.refused[room] = err.Error()
	}
}

// goesUp notes that the platform is connected.
func (l *connection) goesUp(at time.Time) { l.turn(true, "", at) }

// goesDown notes that it is not, and why. Further reasons leave the moment as it is.
func (l *connection) goesDown(why error, at time.Time) { l.turn(false, why.Error(), at) }

func (l *connection) turn(up bool, trouble string, at time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	tried := l.up || l.trouble != ""
	same := tried && up == l.up
	l.up, l.trouble = up, trouble
	if same {
		return
	}
	l.since = at
	select {
	case l.turned <- struct{}{}:
	default:
	}
}

// forget notes that nothing is known of the platform any more.
func (l *connection) forget(at time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.up, l.trouble, l.since = false, "", at
	clear(l.behind)
}

// standing tells whether the platform is up, or down since when; known is false
// before the first try has ended.
func (l *connection) standing() (up, known bool, since time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.up, l.up || l.trouble != "", l.since
}

// Connection tells how a platform is doing, for status and readiness.
type Connection struct {
	Platform string
	Name     string // what the workspace or team calls itself; "" when it has not said yet
	Up       bool
	State    string    // "connected", or why not
	Since    time.Time // of being connected, or not
	Advice   []string  // what somebody has to do; nothing when all is well
	Refused  map[RoomID]string
}

// tryDoctor follows what is the matter with a platform: the program's own checks
// look further than a connection can.
const tryDoctor = "I keep trying by myself. If it lasts, whoever runs me can find out more with `datahour doctor`."

// Connections tells how each platform is doing.
func (b *Bot) Connections() []Connection {
	var out []Connection
	for _, l := range b.chats {
		out = append(out, l.tell(b.running.Load()))
	}
	return out
}

func (l *connection) tell(active bool) Connection {
	c := Connection{Platform: l.Platform(), State: "not connected yet"}
	if l.adviser != nil {
		c.Advice = l.adviser.Advice()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	c.Name, c.Up, c.Since, c.Refused = l.name, l.up, l.since, maps.Clone(l.refused)
	switch {
	case !active:
		c.State, c.Advice = "standing by", nil
	case l.up:
		c.State = "connected"
	case l.trouble != "":
		c.State, c.Advice = l.trouble, append(c.Advice, tryDoctor)
	}
	return c
}

// Connections tells how each platform is doing.
func (tx *Tx) Connections() []Connection { return tx.b.Connections() }

// Called is how people know a platform, safe in CommonMark: what the workspace
// or team calls itself, with the name that the configuration gives it in brackets.
func (tx *Tx) Called(platform string) string { return tx.b.called(platform) }

func (b *Bot) called(platform string) string {
	l := b.chat(platform)
	if l == nil {
		return platform
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.name == "" || strings.EqualFold(l.name, platform) {
		return Plain(cmp.Or(l.name, platform))
	}
	return Plain(l.name) + " (" + platform + ")"
}

// attend keeps one platform connected. One that fails never stops the others.
func (b *Bot) attend(ctx context.Context, l *connection) error {
	if l.clocked != nil {
		l.clocked.MoveClockBy(b.MoveClock)
	}
	if l.reporter != nil {
		l.reporter.Report(func(trouble error) { b.reported(ctx, l, trouble) })
	}
	defer l.hearing.Wait()
	for wait := time.Duration(0); b.clock.pause(ctx, wait); {
		began := b.clock.Wall()
		err := b.introduce(ctx, l)
		if err == nil {
			err = l.Run(ctx, b.Receive, func(room RoomID) {
				if l.reporter == nil && room == "" {
					b.reported(ctx, l, nil)
				}
				b.catchUp(ctx, l, room)
			})
		}
		b.reported(ctx, l, cmp.Or(err, errEnded))
		wait = min(time.Minute, max(200*time.Millisecond, 2*wait))
		if b.clock.Wall().Sub(began) > time.Minute {
			wait = 200 * time.Millisecond
		}
	}
	return nil
}

var errEnded = errors.New("the connection ended")

// reported notes what became of a platform's connection.
func (b *Bot) reported(ctx context.Context, l *connection, trouble error) {
	switch up, known, _ := l.standing(); {
	case ctx.Err() != nil: // it ends because we stop
	case trouble == nil:
		if !up {
			b.log.Info("platform connected", "platform", l.Platform())
		}
		l.goesUp(b.clock.Now())
	default:
		if up || !known {
			b.log.Error("platform not connected; trying again", "platform", l.Platform(), "err", trouble)
		} else {
			b.log.Warn("platform still not connected; trying again", "platform", l.Platform(), "err", trouble)
		}
		l.goesDown(trouble, b.clock.Now())
	}
}

// introduce makes the platform know the commands and the bot know its rooms and people.
func (b *Bot) introduce(ctx context.Context, l *connection) error {
	if l.registrar != nil {
		if err := l.registrar.Register(ctx, b.table.Rows()); err != nil {
			return fmt.Errorf("registering commands: %w", err)
		}
	}
	if l.clocked != nil {
		if err := l.clocked.ShowClock(ctx, b.clock.Now()); err != nil {
			return fmt.Errorf("showing the clock: %w", err)
		}
	}
	place := platform{ID: l.Platform()}
	if l.named != nil {
		name, err := l.named.Name(ctx)
		if err != nil {
			return fmt.Errorf("asking for its name: %w", err)
		}
		place.Name = ClipTo(strings.TrimSpace(name), 80)
		l.isCalled(place.Name)
	}
	if l.directory == nil {
		return nil
	}
	rooms, err := l.directory.Rooms(ctx)
	if err != nil {
		return fmt.Errorf("listing rooms: %w", err)
	}
	people, err := l.directory.People(ctx)
	if err != nil {
		return fmt.Errorf("listing people: %w", err)
	}
	return b.do(ctx, decision{decide: func(ctx context.Context, tx *Tx) error {
		for _, info := range rooms {
			var room Room
			if there, err := tx.Get(ctx, roomKey(info.Room), &room); err != nil {
				return err
			} else if there && room.Name == info.Name && room.Private == info.Private {
				continue
			}
			room.Room, room.Name, room.Private = info.Room, info.Name, info.Private
			tx.Put(&room)
		}
		was := platform{ID: place.ID}
		if _, err := tx.Get(ctx, place.Key(), &was); err != nil {
			return err
		}
		if was != place {
			tx.Put(&place)
		}
		return tx.meet(ctx, people)
	}})
}

// platform keeps what a workspace or team calls itself, for when it is away.
type platform struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

func (p *platform) Key() string         { return "platform/" + p.ID }
func (p *platform) Kind() (string, int) { return "platform", 1 }
func (p *platform) Index() []string     { return nil }

// HomeOf is what people call a platform, in plain words: what the workspace or
// team calls itself, or the configuration's name for it.
func HomeOf(ctx context.Context, r Reader, id string) (string, error) {
	p := platform{ID: id}
	_, err := r.Get(ctx, p.Key(), &p)
	return cmp.Or(p.Name, id), err
}

func (l *connection) isCalled(name string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.name = name
}

// loadNames reads what the platforms called themselves before.
func (b *Bot) loadNames(ctx context.Context) error {
	for _, l := range b.chats {
		p := platform{ID: l.Platform()}
		if there, err := b.View().Get(ctx, p.Key(), &p); err != nil {
			return err
		} else if there {
			l.isCalled(p.Name)
		}
	}
	return nil
}

// heard is the time of the last thing heard in a room, where catching up begins.
type heard struct {
	Room RoomID    `json:"room"`
	At   time.Time `json:"at"`
}

func (h *heard) Key() string         { return "heard/" + string(h.Room) }
func (h *heard) Kind() (string, int) { return "heard", 1 }
func (h *heard) Index() []string     { return nil }

// listening is a room in which features listen, and since when.
type listening struct {
	Room  RoomID    `json:"room"`
	Since time.Time `json:"since"`
}

func (l *listening) Key() string         { return "listening/" + string(l.Room) }
func (l *listening) Kind() (string, int) { return "listening", 1 }
func (l *listening) Index() []string     { return []string{"listening", "listening:" + l.Room.Platform()} }

// Listen says that what is said in room from now on matters, so that the core
// catches up there after an interruption. Messages are handed to listeners in
// any case.
func (tx *Tx) Listen(room RoomID) { tx.Put(&listening{Room: room, Since: tx.Now()}) }

// StopListening says that it does not matter any more.
func (tx *Tx) StopListening(room RoomID) { tx.Delete("listening/" + string(room)) }

// catchUpMargin is how far before the last thing heard catching up begins:
// events are not quite in order, and hearing twice is harmless.
const catchUpMargin = 2 * time.Minute

// catchUp hears what was said in a room, or in all of a platform's, while
// nobody was listening. It tries at once, so that what is said next comes after
// it, and goes on trying beside what is said next.
func (b *Bot) catchUp(ctx context.Context, l *connection, room RoomID) {
	if l.historian == nil {
		return
	}
	rooms, err := Find[listening](ctx, b.View(), "listening:"+l.Platform())
	if ctx.Err() != nil {
		return // whoever is active next catches up
	}
	if err != nil {
		b.log.Error("cannot catch up", "platform", l.Platform(), "err", err)
		l.hearing.Go(func() {
			if b.clock.pause(ctx, time.Second) {
				b.catchUp(ctx, l, room)
			}
		})
		return
	}
	for _, at := range rooms {
		if room != "" && at.Room != room || !l.fallBehind(at.Room) {
			continue
		}
		if b.catchUpIn(ctx, l, at) {
			continue
		}
		l.hearing.Go(func() {
			for wait := time.Second; b.clock.pause(ctx, wait) && !b.catchUpIn(ctx, l, at); {
				wait = min(time.Minute, 2*wait)
			}
		})
	}
}

// fallBehind notes that something may have been missed in a room, unless that
// is being heard already.
func (l *connection) fallBehind(room RoomID) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.behind[room]++
	return l.behind[room] == 1
}

// isBehind tells whether a room has things to be heard that are older than what
// is said there now.
func (b *Bot) isBehind(room RoomID) bool {
	l := b.chat(room.Platform())
	if l == nil {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.behind[room] > 0
}

// catchUpIn hears what was missed in one room, and tells whether that was all.
func (b *Bot) catchUpIn(ctx context.Context, l *connection, at listening) bool {
	l.mu.Lock()
	gaps := l.behind[at.Room]
	l.mu.Unlock()
	since := at.Since
	var h heard
	there, err := b.View().Get(ctx, (&heard{Room: at.Room}).Key(), &h)
	if err == nil {
		if from := h.At.Add(-catchUpMargin); there && from.After(since) {
			since = from
		}
		err = l.historian.History(ctx, at.Room, since, func(in Inbound) error { return b.hear(ctx, in, true) })
	}
	if err != nil && ctx.Err() != nil {
		return false
	}
	if err != nil {
		b.log.Error("cannot catch up; trying again", "room", at.Room, "err", err)
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.behind[at.Room] > gaps {
		return false // there was another one meanwhile
	}
	delete(l.behind, at.Room)
	return true
}
