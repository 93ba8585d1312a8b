package slack

import (
	"strings"
	"testing"
	"testing/synctest"
)

// Who is an organiser is the configuration's to say and nobody else's: guests and
// people of shared channels are members like any, and so are the workspace's
// owners and administrators. Apps are nobody.
func TestRights(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, 0)
		defer func() { s.stop() }()
		for user, may := range map[string]bool{"U0GRACE": true, "U0ADA": false, "U0GUEST": false, "U0ONE": false, "U0ELSE": false, "U0ADMIN": false} {
			if said := s.saidTo(s.commandBy(user, "hello")); !strings.Contains(said, "Hello") {
				t.Errorf("%s is no member: %q", user, said)
			}
			if said := s.saidTo(s.commandBy(user, "decide")); strings.Contains(said, "Decided") != may {
				t.Errorf("%s may decide: %v; it was said %q", user, !may, said)
			}
			s.mu.Lock()
			id := s.fakeSlack.says(&fakeMessage{Channel: "C0DATA", User: user, Text: "words of " + user})
			s.mu.Unlock()
			s.want[id] = &wanted{text: "words of " + user}
		}
		s.mu.Lock()
		for _, m := range []*fakeMessage{{User: "U0OTHER", BotID: "B0OTHER"}, {User: "USLACKBOT"}, {Subtype: "bot_message", BotID: "B0HOOK"}} {
			m.Channel, m.Text = "C0DATA", "<@U0BOT> decide"
			s.fakeSlack.says(m)
		}
		s.mu.Unlock()
		s.heardAll()
		s.mu.Lock()
		defer s.mu.Unlock()
		if len(s.whispers) != 0 {
			t.Errorf("an app was answered: %+v", s.whispers)
		}
	})
}

// saidTo is the answer that an acknowledgement carries.
func (s *stage) saidTo(id string) (text string) {
	s.answered(id)
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range s.acks {
		if payload, _ := a["payload"].(map[string]any); a["envelope_id"] == id {
			text, _ = payload["text"].(string)
		}
	}
	return text
}

// heardAll waits until what people said is kept, and nothing else.
func (s *stage) heardAll() {
	s.Helper()
	s.await("all that people said", func() bool { return len(s.differing()) == 0 })
}
