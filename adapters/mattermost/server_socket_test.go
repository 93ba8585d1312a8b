package mattermost

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/coder/websocket"
)

// keptEvents is how many events the server keeps for a bot that is away: 128 in
// its dead queue.
const keptEvents = 128

// socket is the server's side of the bot's web socket: the events since the
// hello, by number, and the connection on which they go out.
type socket struct {
	name    string // the connection's id; "" when there is none to resume
	seq     int64  // of the next event
	kept    []wsEvent
	conn    *websocket.Conn
	all     []*websocket.Conn // those that died without a word are still there
	out     chan []byte
	twice   bool
	swap    bool   // the next two events change places
	swapped func() // tells the first of them
	skip    int    // so many events are lost on the way
	hellos  int
	resumes int
}

type wsEvent struct {
	seq  int64
	body []byte
}

// tell sends an event to the bot, or keeps it for when it comes back. The caller
// holds the lock.
func (s *server) tell(event string, data map[string]any, channel string) {
	if channel != "" && !s.members[channel] {
		return // what the bot is not in, it is not told of
	}
	if s.swap && s.swapped == nil {
		s.swapped = func() { s.tell(event, data, channel) }
		return
	}
	defer func() {
		if later := s.swapped; later != nil {
			s.swap, s.swapped = false, nil
			later()
		}
	}()
	times := 1
	if s.twice {
		times, s.twice = 2, false
	}
	for range times {
		body, _ := json.Marshal(map[string]any{"event": event, "data": data, "broadcast": map[string]any{"channel_id": channel, "user_id": "", "omit_users": nil}, "seq": s.seq})
		s.seq++
		if s.skip > 0 {
			s.skip--
			continue
		}
		s.kept = append(s.kept, wsEvent{seq: s.seq - 1, body: body})
		if len(s.kept) > keptEvents {
			s.kept = s.kept[1:]
		}
		if s.out != nil {
			s.out <- body
		}
	}
}

func (s *server) serveSocket(w http.ResponseWriter, r *http.Request) {
	conn, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	s.mu.Lock()
	out := make(chan []byte, 4096)
	want, _ := strconv.ParseInt(r.URL.Query().Get("sequence_number"), 10, 64)
	id := r.URL.Query().Get("connection_id")
	resumed := id != "" && id == s.name && s.out == nil && (len(s.kept) == 0 || want >= s.kept[0].seq || want == s.seq)
	if resumed {
		s.resumes++
		for _, e := range s.kept {
			if e.seq >= want {
				out <- e.body
			}
		}
	} else {
		s.hellos++
		s.name, s.seq, s.kept = "connection"+s.newID(), 1, nil
		hello, _ := json.Marshal(map[string]any{"event": "hello", "data": map[string]any{"connection_id": s.name, "server_version": "11.4.0"}, "broadcast": map[string]any{"user_id": botID}, "seq": 0})
		out <- hello
	}
	s.conn, s.out, s.all = conn, out, append(s.all, conn)
	s.mu.Unlock()

	ctx, stop := context.WithCancel(context.Background())
	go func() {
		defer stop()
		for {
			if _, _, err := conn.Read(ctx); err != nil {
				return
			}
		}
	}()
	for {
		select {
		case b := <-out:
			if conn.Write(ctx, websocket.MessageText, b) != nil {
				stop()
			}
		case <-ctx.Done():
			s.mu.Lock()
			if s.conn == conn {
				s.conn, s.out = nil, nil
			}
			s.mu.Unlock()
			conn.CloseNow()
			return
		}
	}
}

// drop breaks the connection; the server keeps what comes for a while.
func (s *server) drop() {
	s.mu.Lock()
	conn := s.conn
	s.conn, s.out = nil, nil
	s.mu.Unlock()
	if conn != nil {
		conn.CloseNow()
	}
}

// goodbye closes the connection with a word; the server keeps what comes.
func (s *server) goodbye() {
	s.mu.Lock()
	conn := s.conn
	s.conn, s.out = nil, nil
	s.mu.Unlock()
	if conn != nil {
		go func() { _ = conn.Close(websocket.StatusGoingAway, "") }()
	}
}

// restart makes the server go away for a while and come back with nothing in its
// memory: no connections, and no posts that it has just made.
func (s *server) restart(away time.Duration) {
	s.mu.Lock()
	s.away, s.pending = true, map[string]string{}
	s.mu.Unlock()
	s.Cut()
	time.AfterFunc(away, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.away = false
	})
}

// Cut breaks the connection, and the server forgets it, as when it restarts.
func (s *server) Cut() {
	s.mu.Lock()
	s.name = ""
	s.mu.Unlock()
	s.drop()
}

func (s *server) Twice() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.twice = true
}
