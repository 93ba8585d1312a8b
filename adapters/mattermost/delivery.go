package mattermost

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"datahour/bot"
)

const (
	roomBuffer = 256  // events of one room that wait to be stored; then the socket waits
	remembered = 4096 // things handed in whose repetition is noticed here
)

// delivery hands what people did to the core: in order within a room, however
// long the store is away, over all connections that Run makes.
type delivery struct {
	c       *Chat
	receive bot.Receive
	rooms   map[string]chan frame // used by the sorting goroutine only
	work    sync.WaitGroup

	mu     sync.Mutex
	handed map[string]bool
	order  []string // of handed, the oldest first
}

func newDelivery(c *Chat, receive bot.Receive) *delivery {
	return &delivery{c: c, receive: receive, rooms: map[string]chan frame{}, handed: map[string]bool{}}
}

// sort gives each event to its room, and reports gaps before what came after them.
func (d *delivery) sort(ctx context.Context, events <-chan frame, gap func(bot.RoomID)) {
	for {
		var f frame
		select {
		case f = <-events:
		case <-ctx.Done():
			return
		}
		if f.Event == "" {
			d.c.rooms.doubt()
			gap("")
			continue
		}
		if entered := d.c.notice(f); entered != "" {
			gap(bot.RoomID(d.c.id(entered)))
		}
		room := f.room()
		if room == "" {
			continue
		}
		queue := d.rooms[room]
		if queue == nil {
			queue = make(chan frame, roomBuffer)
			d.rooms[room] = queue
			d.work.Go(func() { d.attend(ctx, queue) })
		}
		select {
		case queue <- f:
		case <-ctx.Done():
			return
		}
	}
}

// room is the channel that an event is about; "" when it is about none, or not
// for us.
func (f frame) room() string {
	switch f.Event {
	case "posted", "post_edited", "post_deleted", "reaction_added", "reaction_removed", "user_added":
	default:
		return "" // there are many more, and will be
	}
	if f.Broadcast.ChannelID != "" {
		return f.Broadcast.ChannelID
	}
	var data struct{ Post string }
	var p posted
	if json.Unmarshal(f.Data, &data) != nil || json.Unmarshal([]byte(data.Post), &p) != nil {
		return ""
	}
	return p.ChannelID
}

func (d *delivery) attend(ctx context.Context, queue <-chan frame) {
	for {
		select {
		case f := <-queue:
			d.deliver(ctx, f)
		case <-ctx.Done():
			return
		}
	}
}

// deliver has one event stored, and tries until it is.
func (d *delivery) deliver(ctx context.Context, f frame) {
	for wait := retryAfter; ; wait = min(maxRetry, 2*wait) {
		err := d.try(ctx, f)
		if err == nil || ctx.Err() != nil {
			return
		}
		d.c.o.Log.Warn("not stored; trying again", "platform", d.c.o.Name, "event", f.Event, "err", err)
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return
		}
	}
}

// try hands in one event, once. One that brings the program down is left out.
func (d *delivery) try(ctx context.Context, f frame) (err error) {
	defer func() {
		if r := recover(); r != nil { // what it says could be somebody's words
			d.c.o.Log.Error("an event could not be handled and is left out", "platform", d.c.o.Name, "event", f.Event, "panic", fmt.Sprintf("%T", r), "stack", string(debug.Stack()))
			err = nil
		}
	}()
	in, channel, err := d.c.inbound(ctx, f)
	if err != nil || in.Kind == "" || d.again(in) {
		return err
	}
	reply, err := d.receive(ctx, in)
	if err != nil {
		return err
	}
	d.stored(in)
	if in.Kind == bot.Message && (in.Addressed || in.Direct) {
		d.work.Go(func() { d.c.replyTo(ctx, in, channel, reply) })
	}
	return nil
}

// again tells whether a message, edit or deletion was handed in before. The core
// would notice too, and say so to whoever addressed it.
func (d *delivery) again(in bot.Inbound) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.handed[in.ID]
}

func (d *delivery) stored(in bot.Inbound) {
	if in.Kind == bot.Reacted || in.Kind == bot.Unreacted || in.Kind == bot.Joined {
		return // somebody may do the same once more, and the server gives it no other name
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.handed[in.ID] {
		return
	}
	d.handed[in.ID] = true
	d.order = append(d.order, in.ID)
	if len(d.order) > remembered {
		delete(d.handed, d.order[0])
		d.order = slices.Delete(d.order, 0, 1)
	}
}
