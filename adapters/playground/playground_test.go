package playground

import (
	"testing"

	"datahour/adapters/playground/world"
	"datahour/bot"
	"datahour/bot/bottest"
)

// platform is North as the suite for adapters needs it.
type platform struct{ *stage }

func TestChat(t *testing.T) {
	bottest.TestChat(t, func(t *testing.T) (bottest.ChatServer, bot.Chat) {
		s := open(t, world.Options{}, Options{})
		return platform{s}, s.north
	})
}

func (p platform) Room() bot.RoomID   { return "north:data" }
func (p platform) Person() bot.UserID { return "north:tim" }

func (p platform) Say(thread bot.MessageID, text string) bot.MessageID {
	p.Helper()
	said := p.does("POST", "/api/say", object{"as": "tim", "room": "data", "thread": thread.Rest(), "text": text})
	return bot.MessageID("north:" + said["id"].(string))
}

func (p platform) Change(id bot.MessageID, text string) {
	p.Helper()
	p.does("POST", "/api/edit", object{"as": "tim", "message": id.Rest(), "text": text})
}

func (p platform) Remove(id bot.MessageID) {
	p.Helper()
	p.does("POST", "/api/delete", object{"as": "tim", "message": id.Rest()})
}

func (p platform) Command(line string) {
	p.Helper()
	p.does("POST", "/api/command", object{"as": "tim", "room": "data", "text": "/" + line})
}

func (p platform) Posts() []bottest.ServerPost {
	p.Helper()
	var out []bottest.ServerPost
	for _, post := range p.posts("data", "") {
		if post.Bot() && !post.Deleted {
			out = append(out, bottest.ServerPost{ID: bot.MessageID(p.north.id(post.ID)), Thread: bot.MessageID(p.north.id(post.Thread)), Words: post.Content.Text})
		}
	}
	return out
}

func (p platform) Whispers() []string {
	p.Helper()
	var out []string
	for _, post := range p.posts("data", "tim") {
		if post.Only == "tim" {
			out = append(out, post.Content.Text)
		}
	}
	return out
}

func (p platform) Next(ways ...bottest.Mischief) {
	p.Helper()
	deeds := map[bottest.Mischief]world.Deed{
		bottest.TooMany:     {Do: "refuse", Seconds: 2},
		bottest.FailsBefore: {Do: "fail"},
		bottest.FailsAfter:  {Do: "failAfter"},
		bottest.NoAnswer:    {Do: "hang"},
	}
	var next []world.Deed
	for _, way := range ways {
		next = append(next, deeds[way])
	}
	p.misbehave(world.Misbehaviour{Platform: "north", Next: next})
}

func (p platform) Requests() int { return int(p.requests.Load()) }

func (p platform) Cut() { p.Helper(); p.cut() }

func (p platform) Twice() {
	p.Helper()
	p.misbehave(world.Misbehaviour{Platform: "north", Next: []world.Deed{{Op: "event", Do: "repeat"}}})
}
