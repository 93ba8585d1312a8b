package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing/synctest"
	"unicode/utf8"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	goldhtml "github.com/yuin/goldmark/renderer/html"
	"golang.org/x/net/html"

	"datahour/bot"
	"datahour/bot/hours"
)

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
