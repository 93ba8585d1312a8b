//go:build live

package main

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"github.com/mattermost/mattermost/server/public/model"
)

// An hour that is open, for what goes wrong in the middle of it.
func openHour(t *testing.T) *mmWorld {
	w := openMattermost(t)
	w.promote()
	w.begin()
	w.registered()
	w.connected()
	w.startHour("What people use")
	return w
}

func (w *mmWorld) startHour(title string) {
	w.Helper()
	w.ada.types(w.room, `/datahour start "`+title+`" questions="Which river?"`)
	w.ada.presses(w.ada.told(w.liveProgram, "Nothing is posted yet"), "Open it now")
	opening := w.ada.finds(w.liveProgram, w.room, "is open until")
	w.hour = hourPage.FindStringSubmatch(opening.Message)[1]
	w.grace.presses(opening, "By my name")
	w.grace.told(w.liveProgram, "Saved.")
}

// transcribed closes the hour and waits until its transcript has all of some
// words and none of others.
func (w *mmWorld) transcribed(words, without []string) {
	w.Helper()
	w.ada.types(w.room, "/datahour close")
	w.ada.finds(w.liveProgram, w.room, "That was")
	for _, words := range words {
		w.shows("/hour/"+w.hour+".json", words, true)
	}
	for _, words := range without {
		w.shows("/hour/"+w.hour+".json", words, false)
	}
	w.once("open until", "That was")
}

// Killed in mid-hour: what is said, changed, taken back and threaded while nobody
// listens is caught up.
func TestLiveMattermostKill(t *testing.T) {
	w := openHour(t)
	changed := w.grace.says(w.room, "", "A1 as it was said")
	gone := w.grace.says(w.room, "", "A1 taken back")
	w.shows("/hour/"+w.hour, "taken back", true)
	w.ada.types(w.room, "/datahour next")
	w.kill()
	w.grace.edits(changed, "A1 as it was changed")
	w.grace.deletes(gone)
	first := w.grace.says(w.room, "", "said to nobody")
	w.grace.says(w.room, first, "and in its thread")
	w.begin()
	w.connected()
	w.ada.finds(w.liveProgram, w.room, "Which river?")
	w.transcribed([]string{"as it was changed", "said to nobody", "and in its thread"}, []string{"as it was said", "taken back"})
	w.stop()
}

// The server is restarted in mid-hour, by a command that the one who asked for
// the test names.
func TestLiveMattermostServerRestart(t *testing.T) {
	command := fromEnv(t, "DATAHOUR_TEST_MATTERMOST_RESTART", "a command that restarts that server, and ends when it answers again", "'docker restart mattermost'")
	w := openHour(t)
	w.grace.says(w.room, "", "before it")
	w.shows("/hour/"+w.hour, "before it", true)
	if out, err := exec.Command("sh", "-c", command).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	w.grace.listens()
	w.ada.listens()
	w.grace.says(w.room, "", "after it")
	w.shows("/hour/"+w.hour, "after it", true)
	w.ada.types(w.room, "/datahour next")
	w.ada.finds(w.liveProgram, w.room, "Which river?")
	w.transcribed([]string{"before it", "after it"}, nil)
	w.stop()
}

// Removed from the room, the bot stays away until it is called there, and then
// catches up.
func TestLiveMattermostRemoved(t *testing.T) {
	w := openHour(t)
	w.grace.says(w.room, "", "before it")
	w.shows("/hour/"+w.hour, "before it", true)
	w.ada.does("DELETE", "/channels/"+w.room+"/members/"+w.bot, nil, nil)
	w.grace.says(w.room, "", "behind its back")
	w.ada.types(w.room, "/datahour next")
	w.ada.finds(w.liveProgram, w.room, "Which river?")
	w.grace.says(w.room, "", "after it")
	w.shows("/hour/"+w.hour, "after it", true)
	w.transcribed([]string{"before it", "behind its back", "after it"}, nil)
	w.stop()
}

// In a private room where it is not, a team admin could post and does not; it says
// what is missing. Invited, it holds the hour.
func TestLiveMattermostPrivateRoom(t *testing.T) {
	w := openHour(t)
	w.transcribed(nil, nil)
	w.room = w.newRoomOf(w.ada, "hosts", model.ChannelTypePrivate)
	w.ada.types(w.room, `/datahour start "Among hosts"`)
	w.ada.presses(w.ada.told(w.liveProgram, "Nothing is posted yet"), "Open it now")
	w.until("the status to say what is missing", func() bool {
		w.ada.types(w.room, "/community status")
		return strings.Contains(w.ada.told(w.liveProgram, "charities").Message, "somebody has to invite me")
	})
	for _, p := range w.ada.sees(w.room) {
		if p.UserId == w.bot {
			t.Errorf("the bot is not in the room, and posted: %s", p.Message)
		}
	}
	w.ada.types(w.room, "/datahour close")
	for _, who := range []string{w.bot, w.grace.id} {
		w.ada.does("POST", "/channels/"+w.room+"/members", map[string]string{"user_id": who}, nil)
	}
	w.startHour("Among hosts again")
	w.grace.says(w.room, "", "behind closed doors")
	w.shows("/hour/"+w.hour, "behind closed doors", true)
	w.transcribed([]string{"behind closed doors"}, nil)
	w.stop()
}

// A room that is renamed is the same room; in one that is archived the hour ends
// in peace, and all that was said stays.
func TestLiveMattermostRoomChanges(t *testing.T) {
	w := openHour(t)
	w.grace.says(w.room, "", "before it")
	w.shows("/hour/"+w.hour, "before it", true)
	w.ada.does("PUT", "/channels/"+w.room+"/patch", map[string]string{"name": "numbers", "display_name": "Numbers"}, nil)
	w.grace.says(w.room, "", "under another name")
	w.shows("/hour/"+w.hour, "under another name", true)
	other := w.newRoom(w.ada, "other")
	w.admin.does("DELETE", "/channels/"+w.room, nil, nil)
	w.ada.types(other, "/datahour close "+w.hour)
	w.ada.told(w.liveProgram, "")
	for _, words := range []string{"before it", "under another name"} {
		w.shows("/hour/"+w.hour+".json", words, true)
	}
	// It goes on working elsewhere.
	w.room = other
	w.grace.does("POST", "/channels/"+other+"/members", map[string]string{"user_id": w.grace.id}, nil)
	w.startHour("Somewhere else")
	w.grace.says(other, "", "in the other room")
	w.shows("/hour/"+w.hour, "in the other room", true)
	w.transcribed([]string{"in the other room"}, nil)
	w.stop()
}

// A token that is revoked in mid-hour is noticed and said; with a new one the
// hour goes on where it was, and old buttons work.
func TestLiveMattermostRevoked(t *testing.T) {
	w := openHour(t)
	opening := w.ada.finds(w.liveProgram, w.room, "is open until")
	var tokens []model.UserAccessToken
	w.admin.does("GET", "/users/"+w.bot+"/tokens", nil, &tokens)
	w.admin.does("POST", "/users/tokens/revoke", map[string]string{"token_id": tokens[0].Id}, nil)
	w.within(2*patience, "the program to say that its token is not accepted", func() bool { return strings.Contains(w.err.String(), "does not accept the token") })
	w.grace.says(w.room, "", "said to nobody")
	var access model.UserAccessToken
	w.admin.does("POST", "/users/"+w.bot+"/tokens", map[string]string{"description": "another"}, &access)
	w.kill()
	w.settings["MATTERMOST_CHARITIES_TOKEN"] = access.Token
	w.begin()
	w.connected()
	w.shows("/hour/"+w.hour, "said to nobody", true)
	w.grace.presses(opening, "Not at all")
	w.grace.told(w.liveProgram, "Saved.")
	w.shows("/hour/"+w.hour, "said to nobody", false)
	w.grace.presses(opening, "By my name")
	w.grace.told(w.liveProgram, "Saved.")
	w.transcribed([]string{"said to nobody"}, nil)
	w.stop()
}

// Two teams on one server, each with a bot of its own, hold one hour together:
// what is said in either stands in the other, once.
func TestLiveMattermostLinked(t *testing.T) {
	w := openMattermost(t)
	w.promote()
	first := w.team
	w.team = w.newTeam(t, "south-"+w.tag)
	florence := w.newPerson("florence", "Florence", "Nightingale")
	there := w.newRoom(florence, "data-chat")
	id, token := w.newBot(w.team)
	w.admin.does("PUT", "/teams/"+w.team+"/members/"+id+"/schemeRoles", map[string]bool{"scheme_user": true, "scheme_admin": true}, nil)
	for name, value := range map[string]string{"URL": w.admin.url, "TOKEN": token, "TEAM": "south-" + w.tag, "ORGANISERS": florence.id} {
		w.settings["MATTERMOST_SOUTH_"+name] = value
	}
	w.settings["MATTERMOST"] = "charities,south"
	w.begin()
	w.registered()
	w.team = first
	w.registered()
	w.until("both to be connected", func() bool { return strings.Count(w.err.String(), "platform connected") == 2 })

	florence.types(there, "/community rooms") // so that the room is known
	florence.told(w.liveProgram, "")
	w.ada.types(w.room, "/community rooms link south:data-chat")
	florence.presses(florence.told(w.liveProgram, "Link"), "Link them")
	florence.told(w.liveProgram, "are linked")
	w.ada.types(w.room, `/datahour start "Across" rooms="here,south:data-chat"`)
	w.ada.presses(w.ada.told(w.liveProgram, "Nothing is posted yet"), "Open it now")
	opening := w.ada.finds(w.liveProgram, w.room, "is open until")
	florence.finds(w.liveProgram, there, "is open until")
	w.hour = hourPage.FindStringSubmatch(opening.Message)[1]
	w.grace.presses(opening, "By my name")
	w.grace.told(w.liveProgram, "Saved.")

	said := w.grace.says(w.room, "", "from here, as it was said")
	florence.finds(w.liveProgram, there, "as it was said")
	w.grace.edits(said, "from here, as it was changed")
	florence.finds(w.liveProgram, there, "as it was changed")
	florence.says(there, "", "from there")
	w.ada.finds(w.liveProgram, w.room, "from there")
	var want []string
	for i := range 30 {
		want = append(want, fmt.Sprintf("number %d.", i))
		w.grace.says(w.room, "", want[i])
	}
	var all string
	w.within(3*patience, "all thirty to be carried", func() bool {
		all = ""
		for _, p := range florence.sees(there) {
			all += p.Message + "\n"
		}
		return strings.Contains(all, want[29])
	})
	at := -1
	for _, words := range want {
		if strings.Count(all, words) != 1 || strings.Index(all, words) < at {
			t.Errorf("%q stands %d times, or out of order", words, strings.Count(all, words))
		}
		at = strings.Index(all, words)
	}
	w.transcribed([]string{"as it was changed", "number 29."}, []string{"as it was said", "from there"})
	w.stop()
}
