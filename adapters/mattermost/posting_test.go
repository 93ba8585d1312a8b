package mattermost

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"datahour/bot"
	"datahour/bot/bottest"
	"datahour/bot/wire"
)

func outcome(err error) string {
	var send *bot.SendError
	if !errors.As(err, &send) {
		return fmt.Sprint(err)
	}
	return send.Outcome.String()
}

// A post whose answer was lost, that is looked for in vain and sent again, stands
// once: the server knows it by its pending id for a while.
func TestPendingPost(t *testing.T) {
	s := newServer(t)
	listen(t, s, nil)
	post := func(ctx context.Context) (bot.MessageID, error) {
		return s.chat.Post(ctx, s.Room(), "", "k", "m", bot.Say("once"))
	}
	// It reaches the server, which does nothing about it until later.
	held := make(chan struct{})
	s.mu.Lock()
	s.held = held
	s.mu.Unlock()
	ctx, stop := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer stop()
	if _, err := post(ctx); outcome(err) != "unsure" {
		t.Fatalf("no answer ends as %v", err)
	}
	if found, err := s.chat.Find(t.Context(), s.Room(), "", "k"); err != nil || len(found) != 0 {
		t.Fatalf("found %v, %v", found, err)
	}
	s.mu.Lock()
	s.held = nil
	s.mu.Unlock()
	close(held) // it arrives after all
	for {
		s.mu.Lock()
		n, changed := len(s.posts), s.changed
		s.mu.Unlock()
		if n == 1 {
			break
		}
		<-changed
	}
	id, err := post(t.Context())
	if err != nil || len(s.Posts()) != 1 || s.Posts()[0].ID != id {
		t.Errorf("sent again: %v, and %d stand", err, len(s.Posts()))
	}
	// The same under the same key later, when the first is deleted, is another one.
	if err := s.chat.Delete(t.Context(), s.Room(), id); err != nil {
		t.Fatal(err)
	}
	if again, err := post(t.Context()); err != nil || again == id || len(s.Posts()) != 1 {
		t.Errorf("posted anew as %q, %v", again, err)
	}
}

// A post is found however much was said since; when the history is too long to
// be sure that there is none, that is said.
func TestFindFarBack(t *testing.T) {
	s := newServer(t)
	listen(t, s, nil)
	id, err := s.chat.Post(t.Context(), s.Room(), "", "k", "m", bot.Say("long ago"))
	if err != nil {
		t.Fatal(err)
	}
	fill := func(n int) {
		s.mu.Lock()
		defer s.mu.Unlock()
		for range n {
			at := s.now()
			s.posts = append(s.posts, &posted{ID: s.newID(), CreateAt: at, UpdateAt: at, UserID: adaID, ChannelID: dataID, Message: "chat"})
		}
	}
	fill(3*perPage + 7)
	if found, err := s.chat.Find(t.Context(), s.Room(), "", "k"); err != nil || len(found) != 1 || found[0] != (bot.Found{ID: id, Mark: "m"}) {
		t.Errorf("found %v, %v", found, err)
	}
	fill(mostPages * perPage)
	if found, err := s.chat.Find(t.Context(), s.Room(), "", "k"); err == nil {
		t.Errorf("too far back, %v is found", found)
	}
	// One that this process sent itself is not looked for before that.
	s.Next(bottest.FailsBefore)
	if _, err := s.chat.Post(t.Context(), s.Room(), "", "new", "m", bot.Say("x")); outcome(err) != "unsure" {
		t.Fatal(err)
	}
	s.mu.Lock()
	for _, p := range s.posts {
		p.CreateAt -= time.Hour.Milliseconds()
	}
	s.mu.Unlock()
	before := s.called("GET /channels/{id}/posts")
	if found, err := s.chat.Find(t.Context(), s.Room(), "", "new"); err != nil || len(found) != 0 {
		t.Errorf("found %v, %v", found, err)
	}
	if n := s.called("GET /channels/{id}/posts") - before; n != 1 {
		t.Errorf("it was looked for on %d pages, want 1", n)
	}
}

func TestRefusals(t *testing.T) {
	s := newServer(t)
	e := listen(t, s, nil)
	post := func(room bot.RoomID, thread bot.MessageID) error {
		_, err := s.chat.Post(t.Context(), room, thread, "k", "m", bot.Say("x"))
		return err
	}
	// A public room where the bot is not yet: it joins, although it may post there
	// without, since it could not edit its post nor hear what is said.
	id, err := s.chat.Post(t.Context(), "charities:"+extraID, "", "k", "m", bot.Say("x"))
	if err != nil || !s.members[extraID] {
		t.Errorf("a public room ends as %v", err)
	}
	if err := s.chat.Edit(t.Context(), "charities:"+extraID, id, "k", "m", bot.Say("y")); err != nil {
		t.Errorf("an edit there ends as %v", err)
	}
	e.until("what was said there before to be missing", func() bool { return slices.Contains(e.behind, "charities:"+extraID) })
	s.says(posted{UserID: adaID, ChannelID: extraID, Message: "heard there"})
	e.hears(bot.Message, "heard there")
	// A private one, where it may and should not, whether it knows that or not.
	for range 2 {
		if err := post("charities:"+hostsID, ""); outcome(err) != "refused" || !strings.Contains(err.Error(), "invite me") || s.members[hostsID] {
			t.Errorf("a private room where it is not ends as %v", err)
		}
		s.chat.rooms.keep(s.channels[hostsID])
	}
	// Where somebody removed it, it stays away until somebody calls it there.
	s.mu.Lock()
	delete(s.members, extraID)
	s.tell("user_removed", map[string]any{"user_id": botID, "channel_id": extraID}, "")
	s.mu.Unlock()
	s.Say("", "something after it")
	for {
		s.chat.rooms.mu.Lock()
		left := s.chat.rooms.left[extraID]
		s.chat.rooms.mu.Unlock()
		if left {
			break
		}
		s.Say("", "and more")
	}
	if err := post("charities:"+extraID, ""); outcome(err) != "refused" || s.members[extraID] {
		t.Errorf("where it was removed, it ends as %v", err)
	}
	// The same when it happened while nobody listened.
	s.register("datahour")
	s.commandBy(adaID, "datahour", url.Values{"channel_id": {extraID}, "channel_name": {"extra"}})
	if err := post("charities:"+extraID, ""); err != nil {
		t.Errorf("where it was called again, it ends as %v", err)
	}
	s.mu.Lock()
	delete(s.members, extraID)
	s.mu.Unlock()
	s.Cut()
	e.until("to be connected again", func() bool { return e.gaps == 2 })
	s.until(t, func() string {
		if err := post("charities:"+extraID, ""); outcome(err) != "refused" {
			return fmt.Sprint("where it was removed meanwhile, it ends as ", err)
		}
		return ""
	})
	// An archived room.
	s.mu.Lock()
	s.channels[dataID] = channel{ID: dataID, Type: public, Name: "data", DeleteAt: 1}
	s.mu.Unlock()
	if err := post(s.Room(), ""); outcome(err) != "refused" {
		t.Errorf("an archived room ends as %v", err)
	}
	s.mu.Lock()
	s.channels[dataID] = channel{ID: dataID, Type: public, Name: "data"}
	s.mu.Unlock()
	// A thread whose first message is gone.
	root := s.Say("", "root")
	s.Remove(root)
	if err := post(s.Room(), root); outcome(err) != "gone" {
		t.Errorf("a thread that is gone ends as %v", err)
	}
	// 403 for what is not ours is refused; for what is deleted it is gone.
	theirs := s.Say("", "theirs")
	s.refuses("PUT /posts/{id}/patch", 403, "api.context.permissions.app_error")
	if err := s.chat.Edit(t.Context(), s.Room(), theirs, "k", "m", bot.Say("x")); outcome(err) != "refused" {
		t.Errorf("editing what is not ours ends as %v", err)
	}
	if err := s.chat.Edit(t.Context(), s.Room(), root, "k", "m", bot.Say("x")); outcome(err) != "gone" {
		t.Errorf("editing what is gone ends as %v", err)
	}
	// Direct messages that cannot be opened just now were not sent.
	s.refuses("POST /channels/direct", 503, "")
	if err := post("charities:@"+timID, ""); outcome(err) != "not sent" {
		t.Errorf("direct messages that do not open end as %v", err)
	}
}

// PatchPost replaces all properties, so an edit gives them all.
func TestEditKeepsProperties(t *testing.T) {
	s := newServer(t)
	listen(t, s, nil)
	id, err := s.chat.Post(t.Context(), s.Room(), "", "k", "m", rsvp)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.chat.Edit(t.Context(), s.Room(), id, "k", "m2", rsvp); err != nil {
		t.Fatal(err)
	}
	if n := len(s.actions(id)); n != 3 {
		t.Errorf("%d actions are left of 3", n)
	}
	if found, err := s.chat.Find(t.Context(), s.Room(), "", "k"); err != nil || len(found) != 1 || found[0].Mark != "m2" {
		t.Errorf("found %v, %v", found, err)
	}
}

// What the server wishes is heard, and its words are not repeated.
func TestAnsweredBadly(t *testing.T) {
	for body, name := range map[string]string{`{"id":"api.post.app_error"}`: "api.post.app_error", `{"id":"Secret words."}`: "", "limit exceeded": "", "": ""} {
		var e *statusError
		err := answeredBadly(&wire.StatusError{Code: 429, RetryAfter: 2 * time.Second, Body: []byte(body)})
		if !errors.As(err, &e) || e.code != 429 || e.retry != 2*time.Second || e.name != name {
			t.Errorf("%q is read as %+v", body, e)
		}
	}
}

// An address that leads elsewhere is not followed: a POST would become a GET.
func TestNoRedirects(t *testing.T) {
	elsewhere := httptest.NewServer(http.RedirectHandler("/other", http.StatusMovedPermanently))
	defer elsewhere.Close()
	c, err := New(Options{Name: "charities", URL: elsewhere.URL, Token: token, Team: "charities", CallbackURL: "https://hour.example.org"})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.send(t.Context(), http.MethodPost, "/posts", nil, nil); outcome(err) != "refused" || !strings.Contains(err.Error(), "301") {
		t.Errorf("it ends as %v", err)
	}
}

// Some addresses are secrets: an error holds none.
func TestErrorsWithoutAddress(t *testing.T) {
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	c, err := New(Options{Name: "charities", URL: gone.URL, Token: token, Team: "charities", CallbackURL: "https://hour.example.org"})
	if err != nil {
		t.Fatal(err)
	}
	for _, address := range []string{gone.URL + "/hooks/commands/secret", "http://%zz/secret"} {
		if err := c.sendTo(t.Context(), http.MethodPost, address, nil, nil); outcome(err) != "not sent" || strings.Contains(err.Error(), "secret") {
			t.Errorf("it ends as %v", err)
		}
	}
	if err := c.listen(t.Context(), &stream{connection: "secret"}); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("a socket ends as %v", err)
	}
}

// An answer to where the bot is that was on its way while it was let in somewhere
// is worth nothing.
func TestMembershipMeanwhile(t *testing.T) {
	var r rooms
	r.init()
	asked := r.doubts
	r.joined(extraID)
	r.settle([]channel{{ID: dataID}}, asked)
	if !r.in[extraID] || r.left[extraID] || r.doubts == 0 {
		t.Errorf("in %v, left %v, %d doubts", r.in, r.left, r.doubts)
	}
	r.settle([]channel{{ID: dataID}}, r.doubts)
	if r.in[extraID] || !r.left[extraID] || !r.in[dataID] || r.doubts != 0 {
		t.Errorf("asked again: in %v, left %v, %d doubts", r.in, r.left, r.doubts)
	}
}
