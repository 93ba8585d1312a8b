package slack

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
)

func (f *fakeSlack) serveRespond(w http.ResponseWriter, r *http.Request) {
	var body map[string]any
	_ = json.NewDecoder(r.Body).Decode(&body)
	f.mu.Lock()
	defer f.mu.Unlock()
	if codes := f.errors["respond"]; len(codes) > 0 {
		f.errors["respond"] = codes[1:]
		http.Error(w, codes[0], http.StatusNotFound)
		return
	}
	body["to"] = r.PathValue("id")
	f.responses = append(f.responses, body)
	f.changed()
	_, _ = io.WriteString(w, "ok")
}

func (f *fakeSlack) changed() {
	close(f.acked)
	f.acked = make(chan struct{})
}

func (f *fakeSlack) serveSocket(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock() // until it is registered, so that nothing happens in between
	f.dials++
	f.changed()
	if codes := f.errors["socket"]; len(codes) > 0 {
		f.errors["socket"] = codes[1:]
		f.mu.Unlock()
		http.Error(w, codes[0], http.StatusServiceUnavailable)
		return
	}
	mute, silent := f.mute, &atomic.Bool{}
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{OnPingReceived: f.pinged(silent)})
	if err != nil {
		f.mu.Unlock()
		return
	}
	defer func() { _ = conn.CloseNow() }()
	_ = conn.Write(r.Context(), websocket.MessageText, []byte(`{"type":"hello","num_connections":1}`))
	f.sockets = append(f.sockets, conn)
	f.silent = silent
	if f.again {
		events := f.unacked
		f.unacked = nil
		for _, e := range events {
			f.envelope("events_api", e.payload)
		}
	}
	f.mu.Unlock()
	if mute {
		<-r.Context().Done() // nothing is read, so no ping is answered
		return
	}
	for {
		_, frame, err := conn.Read(context.Background())
		if err != nil {
			return
		}
		var ack map[string]any
		_ = json.Unmarshal(frame, &ack)
		f.mu.Lock()
		f.acks = append(f.acks, ack)
		f.unacked = slices.DeleteFunc(f.unacked, func(e fakeEvent) bool { return e.id == ack["envelope_id"] })
		f.changed()
		f.mu.Unlock()
	}
}

// emit sends an event to the newest socket; with none it is lost. The lock is held.
func (f *fakeSlack) emit(e map[string]any) {
	item, _ := e["item"].(map[string]any)
	if f.out && (e["channel"] == "C0DATA" || item["channel"] == "C0DATA") {
		return
	}
	times := 1
	if f.twice {
		times, f.twice = 2, false
	}
	for range times {
		f.count++
		f.envelope("events_api", map[string]any{"type": "event_callback", "event_id": fmt.Sprintf("Ev%d", f.count), "event": e})
	}
}

func (f *fakeSlack) envelope(kind string, payload any) string {
	f.count++
	id := fmt.Sprintf("env-%d", f.count)
	frame, err := json.Marshal(map[string]any{"type": kind, "envelope_id": id, "payload": payload, "accepts_response_payload": kind != "events_api"})
	if err != nil {
		f.t.Error(err)
	}
	if f.again && kind == "events_api" {
		f.unacked = append(f.unacked, fakeEvent{id, payload})
	}
	f.frame(frame)
	return id
}

func (f *fakeSlack) frame(frame []byte) {
	if len(f.sockets) == 0 {
		f.swapped = nil
		return
	}
	if f.swap && f.swapped == nil {
		f.swap, f.swapped = false, frame
		return
	}
	if late := f.swapped; late != nil {
		f.swapped = nil
		defer f.frame(late)
	}
	ctx, stop := context.WithTimeout(context.Background(), 5*time.Second)
	defer stop()
	_ = f.sockets[len(f.sockets)-1].Write(ctx, websocket.MessageText, frame)
}

func (f *fakeSlack) messageEvent(m *fakeMessage) map[string]any {
	raw, _ := json.Marshal(m)
	var e map[string]any
	_ = json.Unmarshal(raw, &e)
	e["channel"], e["event_ts"], e["channel_type"] = m.Channel, m.TS, "channel"
	if isDirect(m.Channel) {
		e["channel_type"] = "im"
	}
	return e
}

// comesAgain settles whether events that were not acknowledged come again.
func (f *fakeSlack) comesAgain(again bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.again = again
}

// invite takes the bot into #data. The lock is held.
func (f *fakeSlack) invite() {
	f.out = false
	f.emit(map[string]any{"type": "member_joined_channel", "user": "U0BOT", "channel": "C0DATA", "event_ts": f.ts()})
}

func (f *fakeSlack) changeEvent(m *fakeMessage, before map[string]any) map[string]any {
	return map[string]any{"type": "message", "subtype": "message_changed", "channel": m.Channel, "hidden": true, "ts": f.ts(), "event_ts": f.ts(),
		"message": f.messageEvent(m), "previous_message": before}
}

func (f *fakeSlack) deletionEvent(m *fakeMessage) map[string]any {
	return map[string]any{"type": "message", "subtype": "message_deleted", "channel": m.Channel, "hidden": true, "ts": f.ts(), "event_ts": f.ts(),
		"deleted_ts": m.TS, "previous_message": f.messageEvent(m)}
}

// pinged counts the adapter's pings, and answers them until the socket is silent.
func (f *fakeSlack) pinged(silent *atomic.Bool) func(context.Context, []byte) bool {
	return func(context.Context, []byte) bool {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.pings++
		f.changed()
		return !silent.Load()
	}
}

// fallSilent lets the socket die without a word: nothing is sent on it any more,
// and no ping is answered, and it stays open.
func (f *fakeSlack) fallSilent() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.silent.Store(true)
	f.sockets = nil
}
