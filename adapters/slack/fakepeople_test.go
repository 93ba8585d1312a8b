package slack

import (
	"fmt"
	"strings"

	"datahour/bot"
	"datahour/bot/bottest"
)

// The rest is bottest.ChatServer.

func (f *fakeSlack) Room() bot.RoomID   { return "defra:C0DATA" }
func (f *fakeSlack) Person() bot.UserID { return "defra:U0ADA" }

func (f *fakeSlack) Say(thread bot.MessageID, text string) bot.MessageID {
	f.mu.Lock()
	defer f.mu.Unlock()
	_, under := readMessage(thread)
	return f.says(&fakeMessage{Channel: "C0DATA", User: "U0ADA", Text: text, ThreadTS: under})
}

func (f *fakeSlack) says(m *fakeMessage) bot.MessageID {
	m.Type, m.TS = "message", f.ts()
	f.add(m)
	f.emit(f.messageEvent(m))
	return bot.MessageID("defra:" + m.Channel + "-" + m.TS)
}

func (f *fakeSlack) Change(id bot.MessageID, text string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	channel, ts := readMessage(id)
	m := f.message(channel, ts)
	before := f.messageEvent(m)
	m.Text, m.Edited = text, map[string]any{"user": m.User, "ts": f.ts()}
	f.emit(f.changeEvent(m, before))
}

func (f *fakeSlack) Remove(id bot.MessageID) {
	f.mu.Lock()
	defer f.mu.Unlock()
	channel, ts := readMessage(id)
	m := f.message(channel, ts)
	if m.Replies > 0 { // its thread stays, below a tombstone
		before := f.messageEvent(m)
		m.Subtype, m.User, m.Text, m.Edited, m.Reacted = "tombstone", "USLACKBOT", "This message was deleted.", nil, nil
		f.emit(f.changeEvent(m, before))
		return
	}
	f.drop(channel, ts)
	f.emit(f.deletionEvent(m))
}

func (f *fakeSlack) Command(line string) { f.command(line) }

func (f *fakeSlack) command(line string) string { return f.commandBy("U0ADA", line) }

func (f *fakeSlack) commandBy(user, line string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.count++
	name, rest, _ := strings.Cut(line, " ")
	return f.envelope("slash_commands", map[string]any{"command": "/" + name, "text": rest, "channel_id": "C0DATA", "user_id": user, "user_name": strings.ToLower(user),
		"trigger_id": fmt.Sprintf("T%d", f.count), "response_url": f.respondURL()})
}

func (f *fakeSlack) respondURL() string {
	f.count++
	return fmt.Sprintf("%s/respond/r%d", f.server.URL, f.count)
}

func (f *fakeSlack) Posts() []bottest.ServerPost {
	f.mu.Lock()
	defer f.mu.Unlock()
	var all []bottest.ServerPost
	for _, m := range f.messages {
		if m.BotID != "B0BOT" || m.Channel != "C0DATA" {
			continue
		}
		p := bottest.ServerPost{ID: bot.MessageID("defra:" + m.Channel + "-" + m.TS), Words: m.Text}
		if m.ThreadTS != "" && m.ThreadTS != m.TS {
			p.Thread = bot.MessageID("defra:" + m.Channel + "-" + m.ThreadTS)
		}
		all = append(all, p)
	}
	return all
}

func (f *fakeSlack) Whispers() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var all []string
	for _, w := range f.whispers {
		if w.user == "U0ADA" {
			all = append(all, w.text)
		}
	}
	return all
}

func (f *fakeSlack) Next(m ...bottest.Mischief) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.mischief = append(f.mischief, m...)
}

func (f *fakeSlack) Requests() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.calls)
}

// Cut ends all sockets without a word.
func (f *fakeSlack) Cut() {
	f.mu.Lock()
	sockets := f.sockets
	f.sockets = nil
	f.mu.Unlock()
	for _, s := range sockets {
		_ = s.CloseNow()
	}
}

func (f *fakeSlack) Twice() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.twice = true
}
