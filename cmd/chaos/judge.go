//go:build unix

package main

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"datahour/adapters/playground/world"
)

// verdict is what is wrong, by kind, with a line for each fault.
type verdict struct {
	lost, twice, stale, shown int
	faults                    []string
	posts, carried            int // that stand, for the table
	swapped                   int // carried later than something that was said after them
}

func (v *verdict) fault(kind *int, format string, a ...any) {
	*kind++
	v.faults = append(v.faults, fmt.Sprintf(format, a...))
}

func (v *verdict) clean() bool { return v.lost+v.twice+v.stale+v.shown == 0 }

// evidence is what can be read of the world.
type evidence struct {
	rooms map[string][]world.Post            // all of it, oldest first
	byKey map[string]map[string][]world.Post // by room: the bot's standing posts
}

func (t *trial) gather() (*evidence, error) {
	e := &evidence{rooms: map[string][]world.Post{}, byKey: map[string]map[string][]world.Post{}}
	for room, origin := range t.origin {
		posts, err := t.w.roomAfter(room, "mary", origin)
		if err != nil {
			return nil, err
		}
		e.rooms[room] = posts
	}
	for _, who := range []string{"ada", "grace", "florence", "alan"} {
		posts, err := t.w.room("@"+who, who)
		if err != nil {
			return nil, err
		}
		e.rooms["@"+who] = posts
	}
	for room, posts := range e.rooms {
		e.byKey[room] = map[string][]world.Post{}
		for _, p := range standing(posts) {
			e.byKey[room][p.Key] = append(e.byKey[room][p.Key], p)
		}
	}
	return e, nil
}

// judge reads the world and the pages once and says what is wrong with them.
func (t *trial) judge() (*verdict, error) {
	e, err := t.gather()
	if err != nil {
		return nil, err
	}
	v := &verdict{}
	for room, keys := range e.byKey {
		for key, posts := range keys {
			v.posts += len(posts)
			if len(posts) > 1 {
				v.fault(&v.twice, "twice: %s stands %d times in %s", key, len(posts), room)
			}
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, trouble := range t.trouble {
		v.fault(&v.lost, "%s", trouble)
	}
	for _, h := range t.hours {
		t.judgePosts(v, e, h)
		t.judgePrivate(v, e, h)
		t.judgeCarried(v, e, h)
		if err := t.judgePage(v, h); err != nil {
			return nil, err
		}
	}
	t.judgeTitles(v, e)
	return v, nil
}

// final judges again and again while the last things settle, and gives the last verdict.
func (t *trial) final(patience time.Duration) (v *verdict, err error) {
	until(patience, func() bool {
		v, err = t.judge()
		return err == nil && v.clean()
	})
	return v, err
}

// one finds the one post of an hour under a key and compares what it says.
func (v *verdict) one(e *evidence, h *hour, room, what string, says ...string) *world.Post {
	posts := e.byKey[room]["hour/"+h.id+"/"+what]
	if len(posts) == 0 {
		v.fault(&v.lost, "lost: %s of %s (%s) in %s", what, h.title, h.id, room)
		return nil
	}
	text := words(&posts[0])
	for _, want := range says {
		if !strings.Contains(text, want) {
			v.fault(&v.stale, "stale: %s of %s (%s) in %s does not say %q: %.200q", what, h.title, h.id, room, want, text)
		}
	}
	return &posts[0]
}

// judgePosts looks at all that the bot itself promised to say of an hour.
func (t *trial) judgePosts(v *verdict, e *evidence, h *hour) {
	ended := []string{}
	for _, room := range h.rooms {
		if h.cancelled {
			v.one(e, h, room, "announcement", "Cancelled:", h.title)
			v.one(e, h, room, "reminder", h.title, "is cancelled")
			for key := range e.byKey[room] {
				if strings.HasPrefix(key, "hour/"+h.id+"/") && !strings.HasSuffix(key, "/announcement") && !strings.HasSuffix(key, "/reminder") {
					v.fault(&v.stale, "stale: %s stands in %s, and %s was cancelled", key, room, h.title)
				}
			}
			continue
		}
		v.one(e, h, room, "announcement", h.title, "It is over.")
		v.one(e, h, room, "reminder", h.title, " until *")
		opening := v.one(e, h, room, "opening", h.title, "was open until")
		if opening != nil {
			ended = append(ended, openUntil.FindString(words(opening)))
			if !h.closed { // early, it tells when that was
				v.judgeLength(h, room, words(opening))
			}
		}
		v.judgeQuestions(e, h, room)
		if !h.closed {
			v.judgeWarning(e, h, room)
		}
		people, messages := h.counts()
		v.one(e, h, room, "wrapup", "That was *"+h.title+"*", people, messages)
	}
	if len(ended) == 2 && ended[0] != ended[1] {
		v.fault(&v.stale, "stale: the openings of %s differ: %q", h.title, ended)
	}
}

// judgePrivate looks at the organiser's run sheet and card, and at the question
// whether one may be shown: Mary never answers it, and is asked once in an hour.
func (t *trial) judgePrivate(v *verdict, e *evidence, h *hour) {
	direct := "@" + h.organiser
	if h.cancelled {
		v.one(e, h, direct, "sheet", h.title, "It is cancelled")
	} else {
		v.one(e, h, direct, "sheet", h.title, "It closed at")
		people, messages := h.counts()
		v.one(e, h, direct, "card", "Thank you for hosting *"+h.title+"*", people, messages)
	}
	for _, room := range h.rooms {
		asked := 0
		for _, p := range e.rooms[room] {
			if p.Only == "mary" && strings.Contains(words(&p), "This hour is public at <") && strings.Contains(words(&p), "/hour/"+h.id+">") {
				asked++
			}
		}
		if asked > 1 {
			v.fault(&v.twice, "twice: Mary was asked %d times in %s (%s) whether she may be shown", asked, h.title, h.id)
		}
	}
}

var openUntil = regexp.MustCompile(`was open until \S+`)

// judgeLength compares the announced close with the extensions: each that was
// confirmed is there, and none that was not asked for.
func (v *verdict) judgeLength(h *hour, room, opening string) {
	for n := h.extended; n <= h.tried; n++ {
		end := h.start.Add(h.length + time.Duration(n)*5*time.Minute).In(zone).Format("3:04pm")
		end = cmp.Or(map[string]string{"12:00pm": "midday", "12:00am": "00:00"}[end], end)
		if strings.Contains(opening, "was open until "+end) {
			return
		}
	}
	v.fault(&v.stale, "stale: the opening of %s in %s has the wrong end (%d to %d extensions from %s): %.120q", h.title, room, h.extended, h.tried, h.start.In(zone), opening)
}

// judgeQuestions wants every planned question once and in order; an hour that
// was closed early may lack the last ones, in both rooms the same.
func (v *verdict) judgeQuestions(e *evidence, h *hour, room string) {
	var before time.Time
	for n := 1; n <= h.planned; n++ {
		what := fmt.Sprintf("q/%d", n)
		posts := e.byKey[room]["hour/"+h.id+"/"+what]
		if len(posts) == 0 && h.closed && len(e.byKey[h.rooms[0]]["hour/"+h.id+"/"+what])+len(e.byKey[h.rooms[1]]["hour/"+h.id+"/"+what]) == 0 {
			continue
		}
		p := v.one(e, h, room, what, fmt.Sprintf("**Q%d** Question %d of", n, n))
		if p != nil && p.At.Before(before) {
			v.fault(&v.stale, "misordered: Q%d of %s in %s stands above the one before", n, h.title, room)
		}
		if p != nil {
			before = p.At
		}
	}
}

// judgeWarning wants a warning of the end that held.
func (v *verdict) judgeWarning(e *evidence, h *hour, room string) {
	for key := range e.byKey[room] {
		if strings.HasPrefix(key, "hour/"+h.id+"/warning") {
			return
		}
	}
	v.fault(&v.lost, "lost: the warning of %s (%s) in %s", h.title, h.id, room)
}

// counts are what the wrap-up has to say of who spoke and how much.
func (h *hour) counts() (people, messages string) {
	spoke, n := map[string]bool{}, 0
	for _, m := range h.messages {
		if !m.deleted && !m.outside {
			spoke[m.by], n = true, n+1
		}
	}
	return ": " + many(len(spoke), "person", "people"), ", " + many(n, "message", "messages")
}

func many(n int, one, more string) string {
	switch n {
	case 0:
		return "no " + more
	case 1:
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, more)
}

var tokens = regexp.MustCompile(`m(\d+)v(\d+)z`)

// judgeCarried wants every message once in the other room, with its last words,
// and nothing of those that were deleted or said outside the hour.
func (t *trial) judgeCarried(v *verdict, e *evidence, h *hour) {
	for i, room := range h.rooms {
		found := map[string][]string{} // number: versions
		var order []string
		for _, p := range standing(e.rooms[room]) {
			if !strings.HasPrefix(p.Key, "hour/"+h.id+"/said/") {
				continue
			}
			for _, m := range tokens.FindAllStringSubmatch(words(&p), -1) {
				found[m[1]] = append(found[m[1]], m[2])
				if p.Thread == "" {
					order = append(order, m[1])
				}
			}
		}
		home := h.rooms[1-i]
		for _, m := range h.messages {
			versions := found[fmt.Sprint(m.n)]
			delete(found, fmt.Sprint(m.n))
			gone := m.deleted || m.outside || m.room != home
			switch {
			case gone && len(versions) > 0:
				v.fault(&v.stale, "stale: m%d (deleted %v, outside %v, said in %s) is carried to %s", m.n, m.deleted, m.outside, m.room, room)
			case gone:
			case len(versions) == 0:
				v.fault(&v.lost, "lost: m%d of %s (%s) was not carried from %s to %s", m.n, h.title, h.id, home, room)
			case len(versions) > 1:
				v.fault(&v.twice, "twice: m%d was carried to %s %d times", m.n, room, len(versions))
			case versions[0] != fmt.Sprint(m.version):
				v.fault(&v.stale, "stale: m%d in %s has the words of version %s, not %d", m.n, room, versions[0], m.version)
			default:
				v.carried++
			}
		}
		for n := range found {
			v.fault(&v.stale, "stale: m%s was carried into %s, which is no message of %s", n, room, h.title)
		}
		v.swapped += inversions(order)
	}
}

// inversions counts neighbours that stand the wrong way round; numbers rise as
// messages are said.
func inversions(numbers []string) int {
	n, last := 0, 0
	for _, text := range numbers {
		var x int
		fmt.Sscan(text, &x)
		if x < last {
			n++
		}
		last = max(last, x)
	}
	return n
}

// judgePage wants on the public page every message of those who agreed, once and
// with its last words, and nobody else's.
func (t *trial) judgePage(v *verdict, h *hour) error {
	if h.cancelled {
		return nil
	}
	text := ""
	for _, form := range []string{".json", ""} {
		status, body, err := t.page("/hour/" + h.id + form)
		if err != nil {
			return err
		}
		if status == 200 {
			text = body
			break
		}
	}
	found := map[string][]string{}
	for _, m := range tokens.FindAllStringSubmatch(text, -1) {
		found[m[1]] = append(found[m[1]], m[2])
	}
	for _, m := range h.messages {
		versions := found[fmt.Sprint(m.n)]
		switch {
		case m.deleted || m.outside:
			if len(versions) > 0 {
				v.fault(&v.stale, "stale: m%d (deleted %v, outside %v) is in the transcript of %s", m.n, m.deleted, m.outside, h.title)
			}
		case !t.shown[m.by]:
			if len(versions) > 0 {
				v.fault(&v.shown, "shown: m%d is in the transcript, and %s did not agree", m.n, m.by)
			}
		case len(versions) == 0:
			v.fault(&v.lost, "lost: m%d (%s in %s) is not in the transcript of %s (%s)", m.n, m.by, m.room, h.title, h.id)
		case len(versions) > 1:
			v.fault(&v.twice, "twice: m%d is in the transcript %d times", m.n, len(versions))
		case versions[0] != fmt.Sprint(m.version):
			v.fault(&v.stale, "stale: m%d in the transcript has the words of version %s, not %d", m.n, versions[0], m.version)
		}
	}
	return nil
}

// page reads a public page from whichever bot answers.
func (t *trial) page(path string) (status int, text string, err error) {
	for _, b := range t.bots {
		if status, text, err = b.page(path); err == nil && status != 503 {
			return status, text, nil
		}
	}
	return status, text, err
}

// judgeTitles wants each scheduled hour announced as one hour: pressing Post
// again after no answer must not make two.
func (t *trial) judgeTitles(v *verdict, e *evidence) {
	for _, room := range []string{"data", "general", "help", "data-chat"} {
		var known []string
		for _, h := range t.hours {
			known = append(known, h.id)
		}
		for key := range e.byKey[room] {
			if m := announcementKey.FindStringSubmatch(key); m != nil && !slices.Contains(known, m[1]) {
				v.fault(&v.twice, "twice: %s in %s announces an hour that nobody else knows of", key, room)
			}
		}
	}
}
