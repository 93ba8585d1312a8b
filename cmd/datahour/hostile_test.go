package main

import (
	"bytes"
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"datahour/adapters/web"
	"datahour/bot"
	"datahour/bot/bottest"
	"datahour/bot/hours"
)

// How many hostile strings go through everything, and from which seed: for a long
// run, go test ./cmd/datahour -run Hostile -hostile 10000 -hostile-seed 7
var (
	hostileStrings = flag.Int("hostile", 400, "hostile strings in TestHostileText")
	hostileSeed    = flag.Uint64("hostile-seed", 1, "seed of TestHostileText")
)

// hostilePieces are what somebody may try, in names and in words.
var hostilePieces = []string{
	`<script>alert(1)</script>`, `<SCRIPT SRC=//evil.example/x.js>`, `"><img src=x onerror=alert(1)>`, `'><svg/onload=alert(1)>`, `<iframe srcdoc="<script>1</script>">`,
	`<a href="javascript:alert(1)">x</a>`, `[x](javascript:alert(1))`, `[x](<javascript:alert(1)>)`, `<javascript:alert(1)>`, `![x](https://evil.example/p.png)`, `[x]: javascript:alert(1)`,
	`https://evil.example/"onmouseover="alert(1)`, `https://evil.example/'><b>`, `https://ok.example/?a=<script>&b=1`, `http://[::1`, `https://user:pass@evil.example/`, `javascript://evil.example/%0aalert(1)`,
	`data:text/html,<script>1</script>`, `vbscript:x`, `//evil.example`, `www.evil.example`, `eve@evil.example`, `</textarea><script>`, `</title>`, `</style>`, `-->`, `<!--`, `<![CDATA[`, `]]>`, `<?xml?>`, `<!DOCTYPE x>`,
	`@channel`, `@here`, `@all`, `@everyone`, "@\u200bchannel", `<!channel>`, `<!here|here>`, `<!subteam^S1>`, `<@U123>`, `<#C1|general>`, `<!user:north:xavier>`, `<!room:north:secret>`, `<!time:0>`, `<!time:99999999999999999999>`, `\<!user:north:xavier>`,
	`=HYPERLINK("http://evil.example")`, `+1+1`, `-2+3`, `@SUM(A1)`, "\t=1+1", "\r=1+1", "\n=1+1", `＝1+1`, `"`, `"",""`, `;`, `,`,
	"\r\n", "\n", "\n\n", "\r", "\u2028", "\u2029", "\u0085", "\v", "\f", "\x00", "\x1b[31m", "\a", "\ufeff", "\u202e", "\u2066", "\u200b", "\u200d", "\xff\xfe", "\xc3", "🏴‍☠️", "ﷺ", "e\u0301\u0301\u0301",
	"\n8:00pm  Eve (north): forged", "\nEND:VEVENT", "\r\nATTENDEE:mailto:eve@evil.example", "\ndata: {}", "\nid: 99999", "\nevent: head", "\n\n# forged", "\n---\n", "\n- forged", "\n> forged", "\n    code", "\n1. x", "\n| a | b |\n|---|---|",
	"```", "`", "``", "**", "__", "~~", "# ", "> ", "- ", "1. ", "===", "---", "|", `\`, `\\`, "&lt;b&gt;", "&#60;script&#62;", "&colon;", "&Tab;", "<br>", "<b>", "</p>", "</li></ol>",
	`{{.}}`, `{{template "top"}}`, `${7*7}`, `%00`, `%0d%0aX: y`, `\u003cscript\u003e`, `%3Cscript%3E`, `'`, `' OR 1=1 --`, `*?`, "A1 ", "A99 ", "/datahour close", strings.Repeat("long ", 30), strings.Repeat("x", 200),
}

// hostile makes the strings, each with a mark of its own.
type hostile struct {
	*rand.Rand
	made int
}

func (h *hostile) text() string {
	h.made++
	var b strings.Builder
	at := h.IntN(4)
	for i := range 1 + h.IntN(5) {
		if i == at {
			fmt.Fprintf(&b, "zq%dz", h.made)
		}
		b.WriteString(hostilePieces[h.IntN(len(hostilePieces))])
		if h.IntN(3) == 0 {
			b.WriteByte(' ')
		}
	}
	return b.String()
}

// short is one of at most n characters, for a field that takes no more.
func (h *hostile) short(n int) string {
	r := []rune(strings.ToValidUTF8(h.text(), "?"))
	return string(r[:min(n, len(r))])
}

// Whatever people type, wherever they type it: no page, file, feed or post of ours
// has anything live in it, nor anybody who said no.
func TestHostileText(t *testing.T) {
	h := &hostile{Rand: rand.New(rand.NewPCG(*hostileSeed, 0))}
	for round := 0; h.made < *hostileStrings; round++ {
		synctest.Test(t, func(t *testing.T) { newAttack(t, h).run() })
		if t.Failed() {
			t.Fatalf("in round %d from seed %d", round, *hostileSeed)
		}
	}
}

// attack is one hour, with everything in it hostile.
type attack struct {
	*bottest.Harness
	h    *hostile
	site *web.Site
	log  bytes.Buffer
	hour string
}

func newAttack(t *testing.T, h *hostile) *attack {
	a := &attack{h: h, Harness: bottest.Start(t, bottest.Config{Features: features()})}
	a.Chat("south").AddRoom(bot.RoomInfo{Room: "south:evil", Name: h.short(80)})
	for _, u := range []bot.UserID{"north:eve", "south:eva", "north:xavier"} {
		name := h.short(60)
		if u == "north:xavier" {
			name = "Unsayable"
		}
		a.Chat(u.Platform()).AddPerson(bot.Profile{User: u, Name: name})
	}
	a.StopBot() // the new people and rooms are read at the start
	a.StartBot()
	options := web.Options{Bot: a.Bot, Log: slog.New(slog.NewTextHandler(&a.log, &slog.HandlerOptions{Level: slog.LevelDebug}))}
	for _, f := range features() {
		if d, ok := f.(web.Diarist); ok {
			options.Diaries = append(options.Diaries, d)
		}
	}
	var err error
	if a.site, err = web.New(options); err != nil {
		t.Fatal(err)
	}
	return a
}

func (a *attack) run() {
	defer a.site.Close()
	h := a.h
	a.Command(olga, north, "community rooms link south:data")
	a.Press("south:oskar", bot.UserID("south:oskar").Direct(), "Link them")
	a.Command(olga, north, "community rooms link south:evil")
	a.Press("south:oskar", bot.UserID("south:oskar").Direct(), "Link them")
	a.Command(olga, north, "community setup")
	a.Submit(olga, north, map[string]string{"name": h.short(60), "hashtag": "DataHour", "zone": "Europe/London"})
	a.Command(olga, north, "datahour new")
	a.Submit(olga, north, map[string]string{"title": h.short(100), "when": "in 25 hours", "length": "60 minutes", "about": h.short(400), "questions": strings.ReplaceAll(h.short(200), "\n", " ") + "\nSecond?",
		"automatic": "no", "rooms": "north:data\nsouth:data\nsouth:evil", "public": "yes", "visitors": "through", "keep": "365"})
	a.Press(olga, north, "Post")
	list, err := hours.PublicList(a.Context(), a.Bot.View(), 1)
	if err != nil || len(list.Upcoming) != 1 {
		a.Fatalf("no hour was scheduled: %+v, %v", list, err)
	}
	a.hour = list.Upcoming[0].ID
	a.judge("before")
	a.Advance(25*time.Hour + time.Minute)
	a.Command("north:eve", north, "my shown name")
	a.Command("south:eva", "south:data", "my shown role")
	a.Submit("south:eva", "south:data", map[string]string{"choice": "role", "role": h.short(50), "organisation": h.short(60)})
	a.Command("north:xavier", north, "my shown no")
	a.Say("north:xavier", north, "unsayable words")
	a.Command(olga, north, "datahour next")
	link := a.visit("/hour/"+a.hour+"/say", url.Values{"name": {h.short(50)}, "organisation": {h.short(50)}, "words": {h.text()}})
	a.Command(olga, north, "datahour waiting")
	a.Press(olga, north, "Show 1")
	a.Advance(time.Minute)
	a.visit(link, url.Values{"do": {"say"}, "words": {h.text()}, "at": {"1"}})
	for i := range 20 {
		who := []bot.UserID{"north:eve", "south:eva"}[i%2]
		room := bot.RoomID(who.Platform() + ":data")
		id := a.Say(who, room, h.text())
		switch i % 5 {
		case 1:
			a.Reply("north:eve", room, id, h.text())
		case 2:
			a.Edit(who, room, id, h.text())
		case 3:
			a.React("north:eve", room, id, h.short(30))
		}
	}
	a.Command("north:eve", north, "datahour ask "+h.short(200))
	a.Command(olga, north, "datahour next")
	a.Command("south:eva", "south:data", "datahour report "+h.short(200))
	a.Command(olga, north, "datahour waiting")
	a.Advance(time.Minute)
	a.judge("open")
	a.judgeLive()
	a.judgePage("private page", a.get(link).Body.String())
	a.Command(olga, north, "datahour close")
	a.Command(olga, north, "datahour summary "+a.hour)
	a.Submit(olga, north, map[string]string{"summary": h.text()})
	a.Advance(time.Minute)
	a.judge("closed")
	if strings.Contains(a.log.String(), "zq") || strings.Contains(strings.ToLower(a.log.String()), "unsayable") {
		a.Errorf("the log has people's words: %s", a.log.String())
	}
}

func (a *attack) get(path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	a.site.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w
}

// visit sends a visitor's form and tells where that leads.
func (a *attack) visit(path string, fields url.Values) string {
	a.Helper()
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(fields.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	a.site.ServeHTTP(w, r)
	a.judgePage("what a visitor is told", w.Body.String())
	if w.Code == http.StatusSeeOther {
		return w.Header().Get("Location")
	}
	if w.Code != http.StatusUnprocessableEntity {
		a.Fatalf("a visitor is answered %d: %s", w.Code, w.Body)
	}
	fields.Set("name", "Vera")
	fields.Set("words", "fine")
	fields.Del("organisation")
	return a.visit(path, fields)
}
