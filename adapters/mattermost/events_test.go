package mattermost

import (
	"slices"
	"strings"
	"testing"

	"datahour/bot"
)

// What people do comes in the core's words, with who they are.
func TestMessage(t *testing.T) {
	s := newServer(t)
	e := listen(t, s, nil)
	id := s.Say("", "hello @tim.b. see ~extra, and `@ada` :tada:")
	in := e.hears(bot.Message, "hello <!user:charities:"+timID+">. see <!room:charities:"+extraID+">, and `@ada` 🎉")
	if in.ID != "charities:msg/"+id.Rest() || in.Addressed || in.Direct || in.Rev != "" {
		t.Errorf("it came as %+v", in)
	}
	want := []bot.Profile{{User: "charities:" + adaID, Name: "Ada Lovelace", Zone: "America/New_York"}, {User: "charities:" + timID, Name: "Tim"}}
	if !slices.Equal(in.People, want) {
		t.Errorf("with the people %+v, want %+v", in.People, want)
	}
	s.Say("", "@datahour datahour list")
	if in := e.hears(bot.Message, "datahour list"); !in.Addressed {
		t.Errorf("words to the bot came as %+v", in)
	}
	s.Say("", "@all @here @channel @nobody.here")
	e.hears(bot.Message, "@all @here @channel @nobody.here")
}

// Nothing that a program said is handed in, nor what the system says.
func TestOthersThanPeople(t *testing.T) {
	s := newServer(t)
	e := listen(t, s, nil)
	for _, p := range []posted{
		{UserID: robotID, Message: "a bot"},
		{UserID: botID, Message: "the bot itself"},
		{UserID: adaID, Message: "joined the channel", Type: "system_join_channel"},
		{UserID: adaID, Message: "custom", Type: "custom_poll"},
		{UserID: adaID, Message: "for one pair of eyes", Type: "burn_on_read"},
		{UserID: adaID, Message: "a webhook", Props: map[string]any{"from_webhook": "true"}},
		{UserID: adaID, Message: "a bot by its props", Props: map[string]any{"from_bot": "true"}},
		{UserID: adaID, Message: "a plugin", Props: map[string]any{"from_plugin": "true"}},
	} {
		p.ChannelID = dataID
		s.says(p)
	}
	s.Say("", "a person")
	e.hears(bot.Message, "a person")
	if got := e.texts(); len(got) != 1 {
		t.Errorf("heard %q", got)
	}
}

func TestEditsDeletionsReactions(t *testing.T) {
	s := newServer(t)
	e := listen(t, s, nil)
	first := s.Say("", "first")
	s.Change(first, "second")
	s.Change(first, "third")
	a, b := e.hears(bot.Edited, "second"), e.hears(bot.Edited, "third")
	if a.Rev == "" || a.Rev >= b.Rev || a.ID == b.ID {
		t.Errorf("edits have the revisions %q and %q, ids %q and %q", a.Rev, b.Rev, a.ID, b.ID)
	}
	s.mu.Lock() // pinned: the same event, and none of its words changed
	pinned := *s.post(s.sayLocked("pinned").Rest())
	s.tell("post_edited", map[string]any{"post": asString(pinned)}, dataID)
	s.mu.Unlock()
	for range 2 {
		s.react(first, adaID, "+1")
		s.unreact(first, adaID, "+1")
	}
	s.react(first, robotID, "eyes")
	s.Remove(first)
	e.until("the deletion", func() bool {
		return slices.ContainsFunc(e.heard, func(in bot.Inbound) bool { return in.Kind == bot.Deleted && in.Message == first })
	})
	e.mu.Lock()
	defer e.mu.Unlock()
	var kinds []string
	for _, in := range e.heard {
		kinds = append(kinds, string(in.Kind)+in.Reaction)
		if in.Kind == bot.Reacted && (in.Message != first || in.From != s.Person() || in.Room != s.Room()) {
			t.Errorf("a reaction came as %+v", in)
		}
	}
	if got := strings.Join(kinds, " "); got != "message edited edited message reacted+1 unreacted+1 reacted+1 unreacted+1 deleted" {
		t.Errorf("heard %s", got)
	}
}

// sayLocked is Say for who holds the lock.
func (s *server) sayLocked(text string) bot.MessageID {
	s.mu.Unlock()
	defer s.mu.Lock()
	return s.Say("", text)
}

// A bot that somebody put on another team too hears nothing from there.
func TestOtherTeam(t *testing.T) {
	const elsewhere = "elsewhereelsewhereelsewher"
	s := newServer(t)
	s.channels[elsewhere] = channel{ID: elsewhere, Team: "otherotherotherotherothero", Type: public, Name: "data"}
	s.members[elsewhere] = true
	e := listen(t, s, nil)
	id := s.says(posted{UserID: adaID, ChannelID: elsewhere, Message: "not for us"})
	s.react(id, adaID, "+1")
	s.Remove(id)
	s.mu.Lock()
	s.tell("user_added", map[string]any{"user_id": timID}, elsewhere)
	s.mu.Unlock()
	s.says(posted{UserID: adaID, ChannelID: elsewhere, Message: "nor this"})
	s.Say("", "for us")
	e.hears(bot.Message, "for us")
	s.drop() // and nothing comes late
	s.Say("", "and this")
	e.hears(bot.Message, "and this")
	if got := e.texts(); len(got) != 2 {
		t.Errorf("heard %q", got)
	}
}

// Events that come again, out of order, or are of no known kind or shape harm nothing.
func TestOddEvents(t *testing.T) {
	s := newServer(t)
	e := listen(t, s, nil)
	s.mu.Lock()
	late := posted{ID: s.newID(), CreateAt: s.now(), UserID: adaID, ChannelID: dataID, Message: "now"}
	late.EditAt = s.now()
	s.tell("post_edited", map[string]any{"post": asString(late)}, dataID) // before its message
	late.EditAt, late.Message = 0, "as it was"
	s.tellPosted(late)
	s.tell("something_new", map[string]any{"post": 17}, dataID)
	s.tell("posted", map[string]any{"post": "{"}, dataID)
	s.tell("posted", map[string]any{"post": 17}, dataID)
	s.tell("reaction_added", map[string]any{}, dataID)
	s.tell("user_added", map[string]any{"user_id": "nobody", "team_id": teamID}, dataID)
	s.tell("posted", map[string]any{"post": asString(posted{ID: "x", UserID: adaID, ChannelID: "gone", Message: "nowhere"})}, "gone")
	s.twice = true
	s.tell("user_added", map[string]any{"user_id": timID, "team_id": teamID}, dataID)
	s.mu.Unlock()
	for range 3 {
		s.Twice()
		s.Say("", "twice")
	}
	s.Say("", "the end")
	e.hears(bot.Message, "the end")
	e.hears(bot.Edited, "now")
	e.hears(bot.Message, "as it was")
	e.mu.Lock()
	defer e.mu.Unlock()
	n, joins := 0, map[string]bool{}
	for _, in := range e.heard {
		if in.Text == "twice" {
			n++
		}
		if in.Kind == bot.Joined {
			joins[in.ID] = true
			if in.From != "charities:"+timID || in.Room != s.Room() {
				t.Errorf("a joining came as %+v", in)
			}
		}
	}
	if n != 3 || len(joins) != 1 {
		t.Errorf("three messages came %d times, one joining as %v", n, joins)
	}
}

// In direct messages the room is the person's, and the answer stands there.
func TestDirectMessages(t *testing.T) {
	s := newServer(t)
	e := listen(t, s, func(in bot.Inbound) (bot.Reply, error) {
		if in.Text == "event new" {
			return bot.Reply{Form: &bot.Form{Title: "New event", Command: "event new"}}, nil
		}
		return bot.Answer("here you are"), nil
	})
	dm, err := s.chat.channelID(t.Context(), "charities:@"+adaID)
	if err != nil {
		t.Fatal(err)
	}
	s.says(posted{UserID: adaID, ChannelID: dm, Message: "help"})
	in := e.hears(bot.Message, "help")
	if !in.Direct || in.Room != "charities:@"+adaID {
		t.Errorf("a direct message came as %+v", in)
	}
	e.whispered(s, "here you are")
	s.says(posted{UserID: adaID, ChannelID: dm, Message: "event new"})
	e.whispered(s, "a few answers")
	s.mu.Lock()
	defer s.mu.Unlock()
	asks := s.posts[len(s.posts)-1]
	if !strings.Contains(asString(asks.Props), `"name":"New event"`) {
		t.Errorf("a form in direct messages has no button: %s", asString(asks.Props))
	}
}

// People and rooms are called by their new names once they have changed them.
func TestRenamed(t *testing.T) {
	s := newServer(t)
	e := listen(t, s, nil)
	s.Say("", "hello ~numbers")
	if in := e.hears(bot.Message, "hello ~numbers"); in.People[0].Name != "Ada Lovelace" {
		t.Errorf("she is called %q", in.People[0].Name)
	}
	s.mu.Lock()
	ada, data := s.users[adaID], s.channels[dataID]
	ada.FirstName, data.Name = "Augusta", "numbers"
	s.users[adaID], s.channels[dataID] = ada, data
	s.tell("user_updated", map[string]any{"user": ada}, "")
	s.tell("channel_updated", map[string]any{"channel": asString(data)}, dataID)
	s.mu.Unlock()
	s.Say("", "again in ~numbers")
	if in := e.hears(bot.Message, "again in <!room:charities:"+dataID+">"); in.People[0].Name != "Augusta Lovelace" {
		t.Errorf("she is called %q", in.People[0].Name)
	}
	if got := s.chat.outgoing(bot.InRoom(s.Room()), s.chat.toRoom(dataID, "")); got != "~numbers" {
		t.Errorf("the room is drawn as %q", got)
	}
}
