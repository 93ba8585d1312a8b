package mattermost

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/mattermost/mattermost/server/public/model"

	"datahour/bot/bottest"
)

// handler is the server's API. What a pattern is told to refuse, it refuses.
func (s *server) handler() http.Handler {
	mux := http.NewServeMux()
	for pattern, answer := range map[string]http.HandlerFunc{
		"GET /users/me":                          func(w http.ResponseWriter, r *http.Request) { reply(w, s.users[botID]) },
		"GET /users":                             s.listUsers,
		"POST /users/ids":                        s.usersBy(func(u user) string { return u.ID }),
		"POST /users/usernames":                  s.usersBy(func(u user) string { return u.Username }),
		"GET /teams/name/charities":              s.team,
		"GET /teams/{team}/channels":             s.listChannels(func(c channel) bool { return c.Type == public }),
		"GET /users/me/teams/{team}/channels":    s.listChannels(func(c channel) bool { return s.members[c.ID] }),
		"GET /teams/{team}/channels/name/{name}": s.channelNamed,
		"GET /channels/{id}":                     s.oneChannel,
		"POST /channels/direct":                  s.openDirect,
		"POST /channels/{id}/members":            s.joinChannel,
		"GET /channels/{id}/posts":               s.history,
		"POST /posts":                            s.mischievous(s.createPost),
		"PUT /posts/{id}/patch":                  s.mischievous(s.patchPost),
		"DELETE /posts/{id}":                     s.mischievous(s.deletePost),
		"GET /posts/{id}":                        s.onePost,
		"POST /posts/ephemeral":                  s.createEphemeral,
		"GET /commands":                          s.listCommands,
		"POST /commands":                         s.createCommand,
		"PUT /commands/{id}":                     s.updateCommand,
		"DELETE /commands/{id}":                  s.deleteCommand,
		"POST /actions/dialogs/open":             s.openDialog,
	} {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.calls[pattern]++
			if e := s.refusals[pattern]; e != nil {
				fail(w, e.code, e.name)
				return
			}
			answer(w, r)
			close(s.changed)
			s.changed = make(chan struct{})
		})
	}
	mux.HandleFunc("GET /websocket", s.serveSocket)
	top := http.NewServeMux()
	top.Handle("/api/v4/", http.StripPrefix("/api/v4", s.authorised(mux)))
	top.HandleFunc("POST /hooks/commands/{hook}", s.delayedAnswer)
	return top
}

func (s *server) authorised(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		ok, away := r.Header.Get("Authorization") == "Bearer "+token && !s.revoked, s.away
		s.mu.Unlock()
		if away { // a proxy stands in front of it
			http.Error(w, "bad gateway", http.StatusBadGateway)
			return
		}
		if !ok {
			fail(w, http.StatusUnauthorized, "api.context.session_expired.app_error")
			return
		}
		next.ServeHTTP(w, r)
	})
}

func reply(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v)
}

func fail(w http.ResponseWriter, status int, name string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(model.AppError{Id: name, Message: "It repeats what was said: secret-words", StatusCode: status})
}

// mischievous makes a call go wrong when that was asked for. It holds the lock,
// as all of them do.
func (s *server) mischievous(do http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		s.requests++
		if held := s.held; held != nil {
			s.mu.Unlock()
			<-held
			s.mu.Lock()
		}
		if len(s.mischief) == 0 {
			do(w, r)
			return
		}
		next := s.mischief[0]
		s.mischief = s.mischief[1:]
		switch next {
		case bottest.TooMany: // in plain text, unlike all others
			w.Header().Set("Retry-After", "2")
			http.Error(w, "limit exceeded", http.StatusTooManyRequests)
		case bottest.FailsBefore:
			fail(w, http.StatusBadGateway, "")
		case bottest.FailsAfter:
			do(nowhere{}, r)
			fail(w, http.StatusInternalServerError, "app.post.save.app_error")
		case bottest.NoAnswer:
			do(nowhere{}, r)
			s.mu.Unlock()
			<-r.Context().Done()
			s.mu.Lock()
		case comesLate:
			body, _ := io.ReadAll(r.Body)
			late := s.late
			s.mu.Unlock()
			<-r.Context().Done()
			time.Sleep(late) // in a bubble of time alone
			s.mu.Lock()
			r.Body = io.NopCloser(bytes.NewReader(body))
			do(nowhere{}, r)
		}
	}
}

// nowhere is an answer that is lost.
type nowhere struct{}

func (nowhere) Header() http.Header         { return http.Header{} }
func (nowhere) Write(b []byte) (int, error) { return len(b), nil }
func (nowhere) WriteHeader(int)             {}

func (s *server) listUsers(w http.ResponseWriter, r *http.Request) {
	var all []user
	for _, u := range s.users {
		all = append(all, u)
	}
	page, _ := strconv.Atoi(r.URL.Query().Get("page"))
	if page > 0 {
		all = nil
	}
	reply(w, all)
}

func (s *server) usersBy(of func(user) string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var want []string
		_ = json.NewDecoder(r.Body).Decode(&want)
		found := []user{}
		for _, u := range s.users {
			if slices.Contains(want, of(u)) {
				found = append(found, u)
			}
		}
		reply(w, found)
	}
}

func (s *server) team(w http.ResponseWriter, r *http.Request) {
	reply(w, map[string]string{"id": teamID, "name": "charities", "display_name": "Charities & friends"})
}

func (s *server) listChannels(which func(channel) bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		all := []channel{}
		for _, ch := range s.channels {
			if which(ch) {
				all = append(all, ch)
			}
		}
		reply(w, all)
	}
}

func (s *server) channelNamed(w http.ResponseWriter, r *http.Request) {
	for _, ch := range s.channels {
		if ch.Name == r.PathValue("name") {
			reply(w, ch)
			return
		}
	}
	fail(w, http.StatusNotFound, "app.channel.get_by_name.missing.app_error")
}

func (s *server) oneChannel(w http.ResponseWriter, r *http.Request) {
	ch, there := s.channels[r.PathValue("id")]
	switch {
	case there && ch.Type != public && !s.members[ch.ID]:
		fail(w, http.StatusForbidden, "api.context.permissions.app_error")
		return
	case there:
		reply(w, ch)
		return
	}
	fail(w, http.StatusNotFound, "app.channel.get.existing.app_error")
}

func (s *server) openDirect(w http.ResponseWriter, r *http.Request) {
	var two []string
	_ = json.NewDecoder(r.Body).Decode(&two)
	slices.Sort(two)
	ch := channel{ID: "direct" + two[0][:10] + two[1][:10], Type: direct, Name: two[0] + "__" + two[1]}
	s.channels[ch.ID], s.members[ch.ID] = ch, true
	reply(w, ch)
}

func (s *server) joinChannel(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	s.members[id] = true
	s.tell("user_added", map[string]any{"user_id": botID, "team_id": teamID}, id)
	reply(w, map[string]string{})
}

func (s *server) createPost(w http.ResponseWriter, r *http.Request) {
	var p outgoingPost
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 300_000)).Decode(&p); err != nil {
		fail(w, http.StatusRequestEntityTooLarge, "api.context.request_body_too_large.app_error")
		return
	}
	if id := s.pending[p.Pending]; p.Pending != "" && id != "" {
		reply(w, s.post(id))
		return
	}
	ch, there := s.channels[p.Channel]
	switch root := s.post(p.Root); {
	case !there: // a team admin may post without being in a room, and may join private ones
		fail(w, http.StatusForbidden, "api.context.permissions.app_error")
		return
	case ch.DeleteAt != 0:
		fail(w, http.StatusBadRequest, "api.post.create_post.can_not_post_to_deleted.error")
		return
	case p.Root != "" && (root == nil || root.DeleteAt != 0 || root.RootID != ""):
		fail(w, http.StatusBadRequest, "api.post.create_post.root_id.app_error")
		return
	case len([]rune(p.Message)) > 16383:
		fail(w, http.StatusBadRequest, "model.post.is_valid.message_length.app_error")
		return
	}
	made := &posted{ID: s.newID(), CreateAt: s.now(), UserID: botID, ChannelID: p.Channel, RootID: p.Root, Message: p.Message, Props: p.Props}
	made.UpdateAt = made.CreateAt
	s.posts = append(s.posts, made)
	s.pending[p.Pending] = made.ID
	s.tellPosted(*made) // own posts come back
	w.WriteHeader(http.StatusCreated)
	reply(w, made)
}

func (s *server) patchPost(w http.ResponseWriter, r *http.Request) {
	p := s.post(r.PathValue("id"))
	if p == nil || p.DeleteAt != 0 || !s.members[p.ChannelID] {
		fail(w, http.StatusForbidden, "api.context.permissions.app_error") // not 404
		return
	}
	var patch struct {
		Message *string
		Props   map[string]any
	}
	_ = json.NewDecoder(r.Body).Decode(&patch)
	if patch.Props != nil { // all of them
		p.Props = patch.Props
	}
	if patch.Message != nil {
		p.Message = *patch.Message
	}
	p.EditAt = s.now()
	p.UpdateAt = p.EditAt
	s.tell("post_edited", map[string]any{"post": asString(*p)}, p.ChannelID)
	reply(w, p)
}

func (s *server) deletePost(w http.ResponseWriter, r *http.Request) {
	p := s.post(r.PathValue("id"))
	if p == nil || p.DeleteAt != 0 {
		fail(w, http.StatusNotFound, "app.post.get.app_error")
		return
	}
	p.DeleteAt = s.now()
	p.UpdateAt = p.DeleteAt
	s.tell("post_deleted", map[string]any{"post": asString(*p)}, p.ChannelID)
	reply(w, map[string]string{"status": "OK"})
}

func (s *server) onePost(w http.ResponseWriter, r *http.Request) {
	p := s.post(r.PathValue("id"))
	if p == nil || p.DeleteAt != 0 {
		fail(w, http.StatusNotFound, "app.post.get.app_error")
		return
	}
	reply(w, p)
}

func (s *server) createEphemeral(w http.ResponseWriter, r *http.Request) {
	var body struct{ Post outgoingPost }
	_ = json.NewDecoder(r.Body).Decode(&body)
	if !s.mayWhisper {
		fail(w, http.StatusForbidden, "api.context.permissions.app_error")
		return
	}
	s.ephemeral = append(s.ephemeral, body.Post)
	w.WriteHeader(http.StatusCreated)
	reply(w, map[string]string{"id": s.newID()})
}

func (s *server) history(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	var all []posted // the oldest first
	for _, p := range s.posts {
		if p.ChannelID == r.PathValue("id") {
			all = append(all, *p)
		}
	}
	list := postList{Order: []string{}, Posts: map[string]posted{}}
	take := func(p posted) { list.Order, list.Posts[p.ID] = append(list.Order, p.ID), p }
	if since := q.Get("since"); since != "" {
		from, _ := strconv.ParseInt(since, 10, 64)
		for i := len(all) - 1; i >= 0 && len(list.Order) < sinceAtMost; i-- {
			if all[i].UpdateAt > from { // strictly, and deleted ones and old revisions too
				take(all[i])
			}
		}
		reply(w, list)
		return
	}
	per, _ := strconv.Atoi(q.Get("per_page"))
	from := len(all)
	if before := q.Get("before"); before != "" {
		from = slices.IndexFunc(all, func(p posted) bool { return p.ID == before })
	}
	for i := from - 1; i >= 0 && len(list.Order) < min(per, perPage); i-- {
		if all[i].DeleteAt == 0 {
			take(all[i])
		}
	}
	reply(w, list)
}

// builtIn are commands of the server itself, and of its plugins.
var builtIn = []*model.Command{{Trigger: "help", AutoComplete: true}, {Trigger: "poll", AutoComplete: true, PluginId: "com.example.poll"}}

func (s *server) listCommands(w http.ResponseWriter, r *http.Request) {
	all := s.commands
	if r.URL.Query().Get("custom_only") != "true" {
		all = slices.Concat(builtIn, all)
	}
	reply(w, all)
}

func (s *server) createCommand(w http.ResponseWriter, r *http.Request) {
	var cmd model.Command
	_ = json.NewDecoder(r.Body).Decode(&cmd)
	if cmd.Trigger == "help" || slices.ContainsFunc(s.commands, func(c *model.Command) bool { return c.Trigger == cmd.Trigger }) {
		fail(w, http.StatusBadRequest, "api.command.duplicate_trigger.app_error")
		return
	}
	cmd.Id, cmd.Token, cmd.CreatorId, cmd.CreateAt = s.newID(), "command-token-"+s.newID(), botID, s.now()
	s.commands = append(s.commands, &cmd)
	w.WriteHeader(http.StatusCreated)
	reply(w, cmd)
}

func (s *server) updateCommand(w http.ResponseWriter, r *http.Request) {
	var cmd model.Command
	_ = json.NewDecoder(r.Body).Decode(&cmd)
	for i, old := range s.commands {
		if old.Id == r.PathValue("id") {
			cmd.Token, cmd.CreatorId = old.Token, old.CreatorId // an update keeps it
			s.commands[i] = &cmd
			reply(w, cmd)
			return
		}
	}
	fail(w, http.StatusNotFound, "")
}

func (s *server) deleteCommand(w http.ResponseWriter, r *http.Request) {
	s.commands = slices.DeleteFunc(s.commands, func(c *model.Command) bool { return c.Id == r.PathValue("id") })
	reply(w, map[string]string{"status": "OK"})
}

// openDialog takes any form, as the server does; the tests look at its limits.
func (s *server) openDialog(w http.ResponseWriter, r *http.Request) {
	var req model.OpenDialogRequest
	_ = json.NewDecoder(r.Body).Decode(&req)
	s.dialogs = append(s.dialogs, req)
	reply(w, map[string]string{"status": "OK"})
}

func (s *server) delayedAnswer(w http.ResponseWriter, r *http.Request) {
	var answer model.CommandResponse
	_ = json.NewDecoder(r.Body).Decode(&answer)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answers = append(s.answers, answer)
	close(s.changed)
	s.changed = make(chan struct{})
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write([]byte("ok"))
}
