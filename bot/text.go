package bot

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// The three tokens that CommonMark lacks. Each platform draws them in its own
// way: a moment in the reader's local time, a person, a room.
//
//	<!time:1796241600>   <!user:north:ada>   <!room:south:data-chat>

// MomentToken is the token for an instant, drawn in each reader's local time.
func MomentToken(t time.Time) string { return "<!time:" + strconv.FormatInt(t.Unix(), 10) + ">" }

// YourTime is what follows a time that is written out, for readers elsewhere:
// " (your time: …)". A platform that cannot show each reader their own time says
// the same again there, and leaves it out with WithoutYourTime.
func YourTime(t time.Time) string { return yourTime + MomentToken(t) + ")" }

const yourTime = " (your time: "

// WithoutYourTime is a text without what YourTime made.
func WithoutYourTime(text string) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(text, yourTime+"<!")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		if t, after, ok := readToken(rest); ok && t.Kind == "time" && strings.HasPrefix(after, ")") {
			text = after[1:]
			continue
		}
		b.WriteString(yourTime)
		text = "<!" + rest
	}
}

// Mention is the token for a person. On the person's own platform it is drawn
// as the platform draws people; elsewhere as their name. It notifies nobody.
// Somebody who is forgotten is "somebody".
func Mention(u UserID) string {
	if u.Rest() == "" {
		return somebody
	}
	return Token{Kind: "user", ID: string(u)}.String()
}

const somebody = "somebody"

// Mentions are the tokens for people.
func Mentions(users []UserID) []string {
	var all []string
	for _, u := range users {
		all = append(all, Mention(u))
	}
	return all
}

// Mentioned are the people whom a text mentions, each once.
func Mentioned(text string) []UserID {
	if !strings.Contains(text, "<!user:") {
		return nil
	}
	var all []UserID
	ReplaceTokens(text, func(t Token) string {
		if u := UserID(t.ID); t.Kind == "user" && !slices.Contains(all, u) {
			all = append(all, u)
		}
		return ""
	})
	return all
}

// Listed puts words in a row, as people write them: "Ada, Grace and Tim".
func Listed(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " and " + words[last]
}

// WithoutMention is a text in which a person is no longer mentioned: "somebody"
// stands there.
func WithoutMention(text string, u UserID) string {
	return ReplaceTokens(text, func(t Token) string {
		if t.Kind == "user" && t.ID == string(u) {
			return somebody
		}
		return t.String()
	})
}

// InRoom is the token for a room: a link on its own platform, its name elsewhere.
func InRoom(r RoomID) string { return "<!room:" + string(r) + ">" }

// Token is one of the three, found in a text.
type Token struct {
	Kind string // "time", "user", "room"
	ID   string // seconds since 1970, a UserID, a RoomID
}

// String is the token as it is written.
func (t Token) String() string { return "<!" + t.Kind + ":" + t.ID + ">" }

// Time is the instant of a time token.
func (t Token) Time() time.Time {
	s, _ := strconv.ParseInt(t.ID, 10, 64)
	return time.Unix(s, 0)
}

// ReplaceTokens gives text with every token put through draw. What looks like
// a token and is none stays as it is.
func ReplaceTokens(text string, draw func(Token) string) string {
	if !strings.Contains(text, "<!") {
		return text
	}
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(text, "<!")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		token, after, ok := readToken(rest)
		backslashes := len(before) - len(strings.TrimRight(before, `\`))
		escaped := backslashes%2 == 1
		if !ok || escaped {
			b.WriteString("<!")
			text = rest
			continue
		}
		b.WriteString(draw(token))
		text = after
	}
}

// Home is the token for a platform. It is drawn as what the workspace or team
// calls itself, and never reaches an adapter.
func Home(platform string) string { return "<!home:" + platform + ">" }

const (
	longestToken = 200  // bytes
	longestLink  = 2000 // bytes
)

func readToken(s string) (t Token, after string, ok bool) {
	end := strings.IndexByte(s[:min(len(s), longestToken)], '>')
	if end < 0 {
		return Token{}, "", false
	}
	body, after := s[:end], s[end+1:]
	kind, id, colon := strings.Cut(body, ":")
	if !colon || id == "" || strings.ContainsAny(id, " \n<") {
		return Token{}, "", false
	}
	switch kind {
	case "time":
		if _, err := strconv.ParseInt(id, 10, 64); err != nil {
			return Token{}, "", false
		}
	case "user", "room":
		if !strings.Contains(id, ":") {
			return Token{}, "", false
		}
	case "home":
	default:
		return Token{}, "", false
	}
	return Token{Kind: kind, ID: id}, after, true
}

// Plain makes a person's words safe inside a post: no markup, no token and no
// mention of everyone gets through, and what is shown is what was typed. Web
// addresses stay links. Line breaks become spaces; see Quote for longer words.
func Plain(s string) string { return escape(strings.Join(strings.Fields(Visible(s)), " ")) }

// Quote makes a person's words safe like Plain and keeps their lines.
func Quote(s string) string {
	lines := strings.Split(strings.TrimSpace(Visible(s)), "\n")
	for i, line := range lines {
		lines[i] = escape(strings.TrimSpace(line))
	}
	return strings.Join(lines, "  \n") // two spaces: CommonMark's hard line break
}

// ClipTo shortens words to at most n characters, with an ellipsis when it cut.
func ClipTo(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	r := []rune(s)
	return strings.TrimSpace(string(r[:n-1])) + "…"
}

// Visible leaves out what cannot be seen, before anything else looks at the
// words, so that it cannot hide anything from what follows: broken bytes and
// controls (direction marks, zero width) make words look like others. Plain and
// Quote do it themselves.
func Visible(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' && r != '\n' && r != '\t' || r > '~' }) {
		return s // most words in English
	}
	s = strings.ReplaceAll(strings.ToValidUTF8(s, ""), "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\r', r == '\u2028', r == '\u2029':
			return '\n'
		case hidden(r):
			return -1
		}
		return r
	}, s)
}

// escape makes one line of visible words safe.
func escape(s string) string {
	var b strings.Builder
	start := lineStart(s)
	for i := 0; i < len(s); {
		if link := linkAt(s, i); link != "" {
			b.WriteString("<" + callingNobody(link) + ">")
			i += len(link)
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == '@' && callsEveryone(s[i+1:]):
			b.WriteString("@\u200b")
		case i < start && r != ' ' && !isDigit(r), strings.ContainsRune("\\`*_[]<>|~&", r),
			r == '!' && strings.HasPrefix(s[i+1:], "["),
			r == ':' && strings.HasPrefix(s[i+1:], "//"), // an address that is no web link shall not become one
			r == '@' && i > 0 && s[i-1] != ' ':           // nor shall an e-mail address
			b.WriteByte('\\')
			b.WriteRune(r)
		default:
			b.WriteRune(r)
		}
		i += size
	}
	return b.String()
}

// lineStart tells how much of a line's beginning could mean something there and
// nowhere else: "# ", "- ", "1. ", "===", ":--". Elsewhere those marks stay as
// they are, so that prose is readable where backslashes are shown.
func lineStart(s string) int {
	digits := 0
	for digits < len(s) && isDigit(rune(s[digits])) {
		digits++
	}
	if digits > 0 {
		if digits < len(s) && (s[digits] == '.' || s[digits] == ')') {
			return digits + 1
		}
		return 0
	}
	i := 0
	for i < len(s) && strings.IndexByte("#-+=: ", s[i]) >= 0 {
		i++
	}
	return i
}

func isDigit(r rune) bool { return r >= '0' && r <= '9' }

func hidden(r rune) bool {
	switch {
	case r == '\t' || r == '\n':
		return false
	case r == '\u200d' || r == '\u200c': // joiners, needed by emoji and by some scripts
		return false
	}
	return unicode.In(r, unicode.Cc, unicode.Cf)
}

// callingNobody writes the @ of "@channel" in an address in the other way that
// addresses have for it: not every platform reads addresses whole.
func callingNobody(link string) string {
	var b strings.Builder
	for i, r := range link {
		if r == '@' && callsEveryone(link[i+1:]) {
			b.WriteString("%40")
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

func callsEveryone(after string) bool {
	for _, word := range [...]string{"channel", "here", "all", "everyone", "group"} {
		if len(after) >= len(word) && strings.EqualFold(after[:len(word)], word) {
			return true
		}
	}
	return false
}

// Links gives the web addresses in words, in order.
func Links(s string) []string {
	var out []string
	for i := 0; i < len(s); i++ {
		if l := linkAt(s, i); l != "" {
			out = append(out, l)
			i += len(l) - 1
		}
	}
	return out
}

// linkAt tells the web address that begins at i, without the punctuation that
// ends a sentence around it, or "".
func linkAt(s string, i int) string {
	rest := s[i:]
	if !hasPrefixFold(rest, "http://") && !hasPrefixFold(rest, "https://") {
		return ""
	}
	if i > 0 {
		if r, _ := utf8.DecodeLastRuneInString(s[:i]); unicode.IsLetter(r) || unicode.IsDigit(r) {
			return ""
		}
	}
	rest = rest[:min(len(rest), longestLink+utf8.UTFMax)]
	end := strings.IndexFunc(rest, endsLink)
	if end < 0 {
		end = len(rest)
	}
	if end > longestLink {
		return ""
	}
	link := strings.TrimRight(rest[:end], ".,;:!?'*_~")
	if strings.HasSuffix(link, ")") && strings.Count(link, "(") < strings.Count(link, ")") {
		link = strings.TrimRight(link[:len(link)-1], ".,;:!?'")
	}
	u, err := url.Parse(link)
	if err != nil || u.Host == "" || u.User != nil {
		return ""
	}
	return link
}

func endsLink(r rune) bool {
	if r < utf8.RuneSelf {
		return r <= ' ' || r == 0x7f || strings.IndexByte("<>\"`|\\^{}", byte(r)) >= 0
	}
	return unicode.IsSpace(r) || unicode.In(r, unicode.Cc, unicode.Cf)
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}
