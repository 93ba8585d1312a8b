//go:build live

package main

import (
	"crypto/rand"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/mattermost/mattermost/server/public/model"
)

// mmWorld is a team of its own on a real Mattermost server: two people, a room,
// the bot's account, and the program.
type mmWorld struct {
	*liveProgram
	tag        string
	admin      *mmPerson
	ada, grace *mmPerson // an organiser, and somebody else
	team, room string
	bot        string // id of its account
	hour       string // id of the hour that is open
}

// openMattermost makes the team as adapters/mattermost/README.md says, up to its
// third step.
func openMattermost(t *testing.T) *mmWorld {
	t.Helper()
	url := strings.TrimRight(fromEnv(t, "DATAHOUR_TEST_MATTERMOST_URL", "the address of a real Mattermost server", "http://127.0.0.1:8065"), "/")
	token := fromEnv(t, "DATAHOUR_TEST_MATTERMOST_TOKEN", "an access token of one who administers that server (Profile, Security, Personal access tokens)", "9xuqwrwgstrb3mzrxb83nb357a")
	w := &mmWorld{tag: strings.ToLower(rand.Text()[:8]), admin: &mmPerson{T: t, url: url, token: token, name: "the administrator"}}
	w.team = w.newTeam(t, "data-"+w.tag)
	w.ada, w.grace = w.newPerson("ada", "Ada", "Lovelace"), w.newPerson("grace", "Grace", "Hopper")
	w.room = w.newRoom(w.ada, "data")
	w.grace.does("POST", "/channels/"+w.room+"/members", map[string]string{"user_id": w.grace.id}, nil)
	var access string
	w.bot, access = w.newBot(w.team)
	w.liveProgram = newLiveProgram(t, map[string]string{"MATTERMOST": "charities", "MATTERMOST_CHARITIES_URL": url, "MATTERMOST_CHARITIES_TOKEN": access,
		"MATTERMOST_CHARITIES_TEAM": "data-" + w.tag, "MATTERMOST_CHARITIES_ORGANISERS": w.ada.id})
	return w
}

// fromEnv reads what the one who asked for the test has to set.
func fromEnv(t *testing.T, name, what, example string) string {
	t.Helper()
	value := os.Getenv(name)
	if value == "" {
		t.Fatalf("%s is not set: %s. Example: %[1]s=%[3]s make live", name, what, example)
	}
	return value
}

func (w *mmWorld) newTeam(t *testing.T, name string) string {
	t.Helper()
	var team model.Team
	w.admin.does("POST", "/teams", map[string]string{"name": name, "display_name": "Live test " + name, "type": "O"}, &team)
	t.Cleanup(func() { w.admin.does("DELETE", "/teams/"+team.Id, nil, nil) })
	return team.Id
}

// newPerson makes somebody on the team, who logs in and listens.
func (w *mmWorld) newPerson(name, first, last string) *mmPerson {
	p := &mmPerson{T: w.admin.T, url: w.admin.url, name: name + "." + w.tag, team: w.team}
	p.Helper()
	password := rand.Text() + "aA1!"
	var made, in model.User
	w.admin.does("POST", "/users", map[string]string{"username": p.name, "email": p.name + "@example.org", "password": password, "first_name": first, "last_name": last}, &made)
	p.Cleanup(func() { w.admin.does("DELETE", "/users/"+made.Id, nil, nil) })
	w.admin.does("POST", "/teams/"+w.team+"/members", map[string]string{"team_id": w.team, "user_id": made.Id}, nil)
	p.does("POST", "/users/login", map[string]string{"login_id": p.name, "password": password}, &in)
	p.id = made.Id
	p.listens()
	return p
}

func (w *mmWorld) newRoom(by *mmPerson, name string) string {
	by.Helper()
	return w.newRoomOf(by, name, model.ChannelTypeOpen)
}

func (w *mmWorld) newRoomOf(by *mmPerson, name string, kind model.ChannelType) string {
	by.Helper()
	var room model.Channel
	by.does("POST", "/channels", map[string]string{"team_id": by.team, "name": name, "display_name": name, "type": string(kind)}, &room)
	return room.Id
}

// newBot makes a bot account, with a token, on a team.
func (w *mmWorld) newBot(team string) (id, token string) {
	w.admin.Helper()
	var bot model.Bot
	w.admin.does("POST", "/bots", map[string]string{"username": "datahour-" + strings.ToLower(rand.Text()[:8]), "display_name": "Data Hour"}, &bot)
	w.admin.Cleanup(func() { w.admin.does("POST", "/bots/"+bot.UserId+"/disable", nil, nil) })
	var access model.UserAccessToken
	w.admin.does("POST", "/users/"+bot.UserId+"/tokens", map[string]string{"description": "live test"}, &access)
	w.admin.does("POST", "/teams/"+team+"/members", map[string]string{"team_id": team, "user_id": bot.UserId}, nil)
	return bot.UserId, access.Token
}

// promote makes the bot a team admin, so that it may register its commands.
func (w *mmWorld) promote() {
	w.Helper()
	w.admin.does("PUT", "/teams/"+w.team+"/members/"+w.bot+"/schemeRoles", map[string]bool{"scheme_user": true, "scheme_admin": true}, nil)
}

// connected waits until the program has connected.
func (w *mmWorld) connected() {
	w.Helper()
	w.within(3*patience, "the program to connect", func() bool { return strings.Contains(w.err.String(), "platform connected") })
}

// registered waits until the server offers the commands.
func (w *mmWorld) registered() {
	w.Helper()
	w.within(3*patience, "the commands to be registered", func() bool {
		var all []model.Command
		return w.admin.asks("GET", "/commands?custom_only=true&team_id="+w.team, nil, &all) == nil && slices.ContainsFunc(all, func(c model.Command) bool { return c.Trigger == "datahour" })
	})
}

// TestLiveMattermost tells a whole hour on a real server, from installing the
// bot to the transcript.
func TestLiveMattermost(t *testing.T) {
	w := openMattermost(t)
	w.begin()
	w.installed()
	w.scheduled()
	w.opened()
	w.talked()
	w.closed()
}

// installed: without the right the bot says what it needs, and works by mention;
// with it, it registers its commands by itself.
func (w *mmWorld) installed() {
	w.until("the advice for an administrator", func() bool { return strings.Contains(w.err.String(), "An administrator has to make @datahour") })
	w.connected()
	var direct model.Channel
	w.ada.does("POST", "/channels/direct", []string{w.ada.id, w.bot}, &direct)
	w.ada.says(direct.Id, "", "datahour list")
	w.ada.told(w.liveProgram, "No data hour")
	w.promote()
	w.registered()
	w.ada.types(w.room, "/datahour list")
	w.ada.told(w.liveProgram, "No data hour")
}

// scheduled: by a form, refused once; and by a command, cancelled again.
func (w *mmWorld) scheduled() {
	w.ada.types(w.room, "/datahour new")
	values := map[string]any{"title": "Rivers <people> & use", "when": "25:99"}
	if errs := w.ada.fills(w.liveProgram, w.room, values); !strings.Contains(errs["when"], "Wed 8pm") {
		w.Errorf("a time that is none is answered with %v", errs)
	}
	values["when"], values["questions"] = "in 1 minute", "Which river?\nWhich dataset?"
	values["length"] = "30m"
	if errs := w.ada.fills(w.liveProgram, w.room, values); len(errs) > 0 {
		w.Fatalf("the form is refused: %v", errs)
	}
	w.ada.presses(w.ada.told(w.liveProgram, "Nothing is posted yet"), "Post")
	w.ada.finds(w.liveProgram, w.room, "Data hour: Rivers")

	w.ada.types(w.room, `/datahour new "Called off" "tomorrow 8pm"`)
	w.ada.presses(w.ada.told(w.liveProgram, "Nothing is posted yet"), "Post")
	w.ada.finds(w.liveProgram, w.room, "Data hour: Called off")
}

// opened: at its minute; people choose how they are shown, by a button and by
// one that opens a form.
func (w *mmWorld) opened() {
	opening := w.ada.finds(w.liveProgram, w.room, "is open until")
	at := hourPage.FindStringSubmatch(opening.Message)
	if at == nil {
		w.Fatalf("the opening leads nowhere: %s", opening.Message)
	}
	w.hour = at[1]
	w.grace.presses(opening, "By my name")
	w.grace.told(w.liveProgram, "Saved.")
	w.ada.presses(opening, "By my role")
	w.ada.fills(w.liveProgram, w.room, map[string]any{"role": "data analyst", "organisation": "Environment Agency"})
	w.ada.told(w.liveProgram, "Saved")
}

// talked: words, threads, edits, deletions and reactions reach the page.
func (w *mmWorld) talked() {
	page := "/hour/" + w.hour
	said := w.grace.says(w.room, "", "A1 We match them by hand & eye.")
	w.shows(page, "We match them by hand &amp; eye.", true)
	w.grace.edits(said, "A1 We match them by eye alone.")
	w.shows(page, "by eye alone", true)
	w.grace.says(w.room, said, "and twice, in its thread")
	w.shows(page, "and twice, in its thread", true)
	slip := w.grace.says(w.room, "", "A slip of the pen")
	w.shows(page, "A slip of the pen", true)
	w.grace.deletes(slip)
	w.shows(page, "A slip of the pen", false)
	w.ada.reacts(said, "tada")
	w.ada.types(w.room, "/datahour next")
	question := w.ada.finds(w.liveProgram, w.room, "Which river?")
	w.grace.says(w.room, question.Id, "The Wye, in its thread")
	w.shows(page, "The Wye, in its thread", true)
	w.ada.says(w.room, "", "A1 From somebody with a role")
	w.shows(page, "data analyst, Environment Agency", true)
}

// closed: the wrap-up and the transcript, every post once, and nothing in the log.
func (w *mmWorld) closed() {
	w.ada.types(w.room, "/datahour close")
	w.ada.finds(w.liveProgram, w.room, "That was")
	w.until("the transcript", func() bool {
		transcript, err := w.page("/hour/" + w.hour + ".json")
		return err == nil && strings.Contains(transcript, "by eye alone") && strings.Contains(transcript, "in its thread") &&
			strings.Contains(transcript, `"reactions": 1`) && !strings.Contains(transcript, "slip of the pen")
	})
	w.once("Data hour: Rivers", "open until", "Which river?", "That was")
	w.stop()
}

// once fails when a post of the bot's stands twice in the room, or when words do
// not stand in any.
func (w *mmWorld) once(words ...string) {
	w.Helper()
	stand := map[any]string{}
	for _, p := range w.ada.sees(w.room) {
		if p.UserId != w.bot || p.Type != "" {
			continue
		}
		key := p.GetProp("datahour_key")
		if stand[key] != "" {
			w.Errorf("this stands twice: %s", p.Message)
		}
		stand[key] = p.Message
	}
	all := fmt.Sprint(stand)
	for _, words := range words {
		if !strings.Contains(all, words) {
			w.Errorf("%q stands nowhere among %s", words, all)
		}
	}
}

// stop ends the program as Ctrl-C does, and looks at what it logged.
func (w *mmWorld) stop() {
	w.Helper()
	if err := w.cmd.Process.Signal(os.Interrupt); err != nil {
		w.Fatal(err)
	}
	<-w.ended
	for _, secret := range []string{w.settings["MATTERMOST_CHARITIES_TOKEN"], "by eye alone", "hooks/commands"} {
		if strings.Contains(w.err.String(), secret) {
			w.Errorf("%q is in the log:\n%s", secret, w.err.String())
		}
	}
}
