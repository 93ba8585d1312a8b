package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	goldhtml "github.com/yuin/goldmark/renderer/html"
	"golang.org/x/net/html"

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

// judge looks at everything that can be read now.
func (a *attack) judge(when string) {
	a.Helper()
	for _, path := range []string{"/", "/archive", "/calendar", "/hour/" + a.hour, "/hour/" + a.hour + "/slide"} {
		w := a.get(path)
		if w.Code != http.StatusOK {
			a.Errorf("%s, %s: status %d", when, path, w.Code)
		}
		a.judgePage(when+", "+path, w.Body.String())
	}
	page, ok, err := hours.Public(a.Context(), a.Bot.View(), a.hour)
	if err != nil || !ok {
		a.Fatalf("no page: %v", err)
	}
	a.judgeMarkdown(when, a.get("/hour/"+a.hour+".md").Body.String())
	a.judgeCSV(when, a.get("/hour/"+a.hour+".csv").Body.Bytes(), page)
	a.judgeJSON(when, a.get("/hour/"+a.hour+".json").Body.Bytes(), page)
	a.judgeText(when, a.get("/hour/"+a.hour+".txt").Body.String(), page)
	a.judgeXML(when, a.get("/feed.atom").Body.String())
	a.judgeCalendar(when, a.get("/calendar.ics").Body.String())
	for _, room := range []bot.RoomID{north, south, "south:evil", olga.Direct(), "south:@oskar", "south:@eva", "north:@eve"} {
		for _, p := range a.Posts(room) {
			a.judgePost(when+", in "+string(room), p.Post)
		}
	}
}

// nobody checks that whoever said no is not in what anyone can read.
func (a *attack) nobody(where, text string) {
	a.Helper()
	if strings.Contains(strings.ToLower(text), "unsayable") {
		a.Errorf("%s has somebody who said no", where)
	}
	if !utf8.ValidString(text) {
		a.Errorf("%s is not UTF-8", where)
	}
	for _, r := range text {
		if r < ' ' && r != '\n' && r != '\t' && r != '\r' || r == 0x7f || r == '\u202e' || r == '\u2028' || r == '\u0085' {
			a.Errorf("%s has the control %q", where, r)
			return
		}
	}
}

var (
	ourElements = strings.Fields("html head meta title link script body a header div span nav main footer section article aside h1 h2 h3 p ul ol li b i strong em code pre time svg circle path g rect text form label input textarea button details summary dl dt dd img table thead tbody tr th td br small abbr bdi")
	ourSchemes  = []string{"http", "https", "webcal"}
)

// judgePage checks that a page has no element, attribute or address that is not ours.
func (a *attack) judgePage(where, page string) {
	a.Helper()
	a.nobody(where, page)
	z := html.NewTokenizer(strings.NewReader(page))
	for {
		kind := z.Next()
		token := z.Token()
		switch kind {
		case html.ErrorToken:
			if !errors.Is(z.Err(), io.EOF) {
				a.Errorf("%s: %v", where, z.Err())
			}
			return
		case html.CommentToken:
			a.Errorf("%s has a comment: %.80s", where, token.Data)
		case html.StartTagToken, html.SelfClosingTagToken:
			a.judgeTag(where, token)
		}
	}
}

func (a *attack) judgeTag(where string, token html.Token) {
	a.Helper()
	if !slices.Contains(ourElements, token.Data) {
		a.Errorf("%s has a <%s>", where, token.Data)
	}
	rel, foreign := "", false
	for _, attribute := range token.Attr {
		switch key, value := attribute.Key, attribute.Val; {
		case strings.HasPrefix(key, "on"), key == "style", key == "srcdoc", key == "formaction":
			a.Errorf("%s: <%s> has %s=%.80q", where, token.Data, key, value)
		case key == "rel":
			rel = value
		case key == "href", key == "src", key == "action":
			u, err := url.Parse(value)
			if err != nil {
				a.Errorf("%s: <%s> leads to %.80q: %v", where, token.Data, value, err)
				continue
			}
			ours := u.Scheme == "" && u.Host == "" || u.Host == "hour.example"
			foreign = foreign || !ours
			if !ours && (!slices.Contains(ourSchemes, u.Scheme) || u.User != nil) && value != "data:," {
				a.Errorf("%s: <%s> leads to %.80q", where, token.Data, value)
			}
			if token.Data == "script" && !strings.HasPrefix(value, "/static/") {
				a.Errorf("%s runs %s", where, value)
			}
		}
	}
	if token.Data == "a" && foreign && !strings.Contains(rel, "ugc") {
		a.Errorf("%s: a link without rel: %v", where, token)
	}
	if token.Data == "script" && len(token.Attr) == 0 {
		a.Errorf("%s has a script of its own", where)
	}
}

var commonMark = goldmark.New(goldmark.WithExtensions(extension.GFM), goldmark.WithRendererOptions(goldhtml.WithUnsafe()))

var markdownElements = strings.Fields("p strong em a br h1 h2 ul ol li blockquote")

// judgeCommonMark renders a text as one does who lets all HTML through.
func (a *attack) judgeCommonMark(where, text string, allowed []string) (headings int) {
	a.Helper()
	var out bytes.Buffer
	if err := commonMark.Convert([]byte(text), &out); err != nil {
		a.Fatal(err)
	}
	z := html.NewTokenizer(&out)
	for z.Next() != html.ErrorToken {
		token := z.Token()
		if token.Type == html.CommentToken || token.Type == html.DoctypeToken {
			a.Errorf("%s has %.80s", where, token)
		}
		if token.Type != html.StartTagToken && token.Type != html.SelfClosingTagToken {
			continue
		}
		if token.Data == "h1" || token.Data == "h2" {
			headings++
		}
		if !slices.Contains(allowed, token.Data) {
			a.Errorf("%s becomes a <%s>:\n%s", where, token.Data, text)
		}
		for _, attribute := range token.Attr {
			u, err := url.Parse(attribute.Val)
			if attribute.Key != "href" || err != nil || u.Scheme != "http" && u.Scheme != "https" {
				a.Errorf("%s: <%s %s=%q>", where, token.Data, attribute.Key, attribute.Val)
			}
		}
	}
	return headings
}

func (a *attack) judgeMarkdown(when, text string) {
	a.Helper()
	where := when + ", the Markdown"
	a.nobody(where, text)
	want := strings.Count("\n"+text, "\n# ") + strings.Count(text, "\n## ")
	if got := a.judgeCommonMark(where, text, markdownElements); got != want {
		a.Errorf("%s has %d headings, want %d", where, got, want)
	}
}

func (a *attack) judgeCSV(when string, raw []byte, page hours.Page) {
	a.Helper()
	where := when + ", the CSV"
	a.nobody(where, string(raw))
	rows, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(raw, []byte("\ufeff")))).ReadAll()
	if err != nil {
		a.Errorf("%s: %v", where, err)
		return
	}
	if len(rows) != 1+len(page.Lines)+len(page.Gaps) {
		a.Errorf("%s has %d rows for %d lines and %d gaps", where, len(rows), len(page.Lines), len(page.Gaps))
	}
	for _, row := range rows {
		for _, cell := range row {
			if first := strings.TrimLeft(cell, " \u00a0\t\r\n"); first != "" && strings.ContainsRune("=+-@＝＋－＠", []rune(first)[0]) || strings.HasPrefix(cell, "\t") || strings.HasPrefix(cell, "\r") {
				a.Errorf("%s has a cell that a spreadsheet runs: %q", where, cell)
			}
		}
	}
}

func (a *attack) judgeJSON(when string, raw []byte, page hours.Page) {
	a.Helper()
	where := when + ", the JSON"
	a.nobody(where, string(raw))
	var told struct {
		Lines []struct{ Name, Text string }
		Links []string
	}
	if err := json.Unmarshal(raw, &told); err != nil || len(told.Lines) != len(page.Lines) {
		a.Errorf("%s: %v, %d lines, want %d", where, err, len(told.Lines), len(page.Lines))
	}
	if bytes.ContainsAny(raw, "<>") {
		a.Errorf("%s has marks that a page could take for tags", where)
	}
	for _, link := range told.Links {
		if u, err := url.Parse(link); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.User != nil {
			a.Errorf("%s has the link %q", where, link)
		}
	}
}

// judgeText counts what looks like the beginning of a message: nobody can make up another one.
func (a *attack) judgeText(when, text string, page hours.Page) {
	a.Helper()
	where := when + ", the text"
	a.nobody(where, text)
	said, replies := 0, 0
	for line := range strings.SplitSeq(text, "\n") {
		if clock, rest, ok := strings.Cut(strings.TrimPrefix(line, "    "), "  "); ok && (strings.HasSuffix(clock, "am") || strings.HasSuffix(clock, "pm")) && strings.Contains(rest, ":") {
			if strings.HasPrefix(line, "    ") {
				replies++
			} else {
				said++
			}
		}
		if strings.Contains(line, "\r") {
			a.Errorf("%s has a line that begins anew: %q", where, line)
		}
	}
	heads := 0
	for _, l := range page.Lines {
		if l.Under == "" {
			heads++
		}
	}
	if said != heads || replies != len(page.Lines)-heads {
		a.Errorf("%s has %d messages and %d replies, want %d and %d:\n%s", where, said, replies, heads, len(page.Lines)-heads, text)
	}
}

func (a *attack) judgeXML(when, text string) {
	a.Helper()
	where := when + ", the feed"
	a.nobody(where, text)
	d := xml.NewDecoder(strings.NewReader(text))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			a.Errorf("%s: %v", where, err)
			return
		}
		if e, is := token.(xml.StartElement); is && !slices.Contains(strings.Fields("feed id title updated author name rights icon link entry summary published"), e.Name.Local) {
			a.Errorf("%s has a <%s>", where, e.Name.Local)
		}
	}
}

// judgeCalendar unfolds the file and looks at each property.
func (a *attack) judgeCalendar(when, text string) {
	a.Helper()
	where := when + ", the calendar"
	a.nobody(where, text)
	known := strings.Fields("BEGIN END VERSION PRODID CALSCALE METHOD NAME X-WR-CALNAME X-WR-TIMEZONE REFRESH-INTERVAL X-PUBLISHED-TTL UID DTSTAMP DTSTART DTEND DURATION SUMMARY DESCRIPTION LOCATION URL SEQUENCE STATUS LAST-MODIFIED CREATED ORGANIZER CATEGORIES TZID TZNAME TZOFFSETFROM TZOFFSETTO RRULE RDATE TRANSP CLASS")
	for line := range strings.SplitSeq(strings.TrimSuffix(strings.ReplaceAll(text, "\r\n ", ""), "\r\n"), "\r\n") {
		name := line[:max(0, strings.IndexAny(line, ":;"))]
		if !slices.Contains(known, name) || strings.ContainsAny(line, "\r\n") {
			a.Errorf("%s has the line %.80q", where, line)
		}
	}
	if n := strings.Count(text, "BEGIN:VEVENT\r\n"); n > 1 {
		a.Errorf("%s has %d entries of one hour", where, n)
	}
}

// judgePost checks what the bot says in a room. Its own marks are allowed: nothing else is.
func (a *attack) judgePost(where string, p bot.Post) {
	a.Helper()
	texts := []string{p.Text, p.Small}
	for _, f := range p.Fields {
		texts = append(texts, f.Value)
	}
	for _, text := range texts {
		a.judgeCommonMark(where, bot.ReplaceTokens(text, func(bot.Token) string { return "token" }), append(slices.Clone(markdownElements), "code", "hr"))
		lower := strings.ToLower(text)
		for _, everyone := range []string{"@channel", "@here", "@all", "@everyone", "<!channel", "<!here", "<!subteam"} {
			if strings.Contains(strings.ReplaceAll(lower, `\<!`, ""), everyone) {
				a.Errorf("%s calls %s:\n%s", where, everyone, text)
			}
		}
		if strings.ContainsAny(text, "\r\x00\u202e\u2028") {
			a.Errorf("%s has controls: %q", where, text)
		}
	}
}

// judgeLive follows the hour from its beginning, as a page does that lost its connection.
func (a *attack) judgeLive() {
	a.Helper()
	ctx, stop := context.WithCancel(context.Background())
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodGet, "/hour/"+a.hour+"/live?after=0", nil).WithContext(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		a.site.ServeHTTP(w, r)
	}()
	synctest.Wait()
	stop()
	<-done
	where := "what followers get"
	body := w.Body.String()
	a.nobody(where, body)
	puts := 0
	for line := range strings.SplitSeq(body, "\n") {
		name, data, _ := strings.Cut(line, ": ")
		if line != "" && !slices.Contains([]string{"id", "event", "data", "retry", ""}, name) {
			a.Errorf("%s has the line %.80q", where, line)
		}
		if name != "data" || strings.Trim(data, "abcdefghijklmnopqrstuvwxyz0123456789") == "" { // the name of a line that goes
			continue
		}
		var told any
		if err := json.Unmarshal([]byte(data), &told); err != nil {
			a.Errorf("%s: %v in %.80q", where, err, data)
		}
		puts++
		for _, part := range inside(told) {
			if strings.Contains(part, "<") {
				a.judgePage(where, part)
			}
		}
	}
	if puts < 20 {
		a.Errorf("%s are %d things only", where, puts)
	}
}

// inside are all strings in a value that was JSON.
func inside(v any) (all []string) {
	switch x := v.(type) {
	case string:
		return []string{x}
	case []any:
		for _, part := range x {
			all = append(all, inside(part)...)
		}
	case map[string]any:
		for _, part := range x {
			all = append(all, inside(part)...)
		}
	}
	return all
}
