package bot

import (
	"net/url"
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

// Mention is the token for a person. On the person's own platform it is drawn
// as the platform draws people; elsewhere as their name. It notifies nobody.
func Mention(u UserID) string { return "<!user:" + string(u) + ">" }

// InRoom is the token for a room: a link on its own platform, its name elsewhere.
func InRoom(r RoomID) string { return "<!room:" + string(r) + ">" }

// Token is one of the three, found in a text.
type Token struct {
	Kind string // "time", "user", "room"
	ID   string // seconds since 1970, a UserID, a RoomID
}

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
		escaped := strings.HasSuffix(before, `\`) && !strings.HasSuffix(before, `\\`)
		if !ok || escaped {
			b.WriteString("<!")
			text = rest
			continue
		}
		b.WriteString(draw(token))
		text = after
	}
}

func readToken(s string) (t Token, after string, ok bool) {
	body, after, found := strings.Cut(s, ">")
	kind, id, colon := strings.Cut(body, ":")
	if !found || !colon || id == "" || len(id) > 200 || strings.ContainsAny(id, " \n<") {
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
	default:
		return Token{}, "", false
	}
	return Token{Kind: kind, ID: id}, after, true
}

// Plain makes a person's words safe inside a post: no markup, no token and no
// mention of everyone gets through, and what is shown is what was typed. Web
// addresses stay links. Line breaks become spaces; see Quote for longer words.
func Plain(s string) string { return escape(strings.Join(strings.Fields(s), " ")) }

// Quote makes a person's words safe like Plain and keeps their lines.
func Quote(s string) string {
	lines := strings.Split(strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n")), "\n")
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

func escape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		if link := linkAt(s, i); link != "" {
			b.WriteString("<" + safeLink(link) + ">")
			i += len(link)
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1, hidden(r):
			// A broken byte or an invisible control (direction marks, zero
			// width) could make the words look like other words.
		case r == '@' && callsEveryone(s[i+1:]):
			b.WriteString("@\u200b")
		case strings.ContainsRune("\\`*_{}[]()<>#+-.!|~&=:^$\"'", r) && needsEscape(s, i, r):
			b.WriteByte('\\')
			b.WriteRune(r)
		default:
			b.WriteRune(r)
		}
		i += size
	}
	return b.String()
}

// needsEscape keeps ordinary prose readable in platforms that show backslashes
// in edits or notifications: some marks mean something only at a line's start.
func needsEscape(s string, i int, r rune) bool {
	switch r {
	case '.', ')': // "1." begins a list
		return i > 0 && i <= 9 && strings.Trim(s[:i], "0123456789") == ""
	case '-', '+', '=': // list, rule, underline
		return strings.TrimSpace(s[:i]) == "" || strings.Trim(s[:i], "-+= ") == ""
	case '#':
		return strings.Trim(s[:i], "# ") == ""
	case '(', '{', '}', '!', '"', '\'', ':', '^', '$':
		return r == '!' && i+1 < len(s) && s[i+1] == '['
	}
	return true
}

func hidden(r rune) bool {
	switch {
	case r == '\t' || r == '\n':
		return false
	case r == '\u200d' || r == '\u200c': // joiners, needed by emoji and by some scripts
		return false
	}
	return unicode.Is(unicode.Cc, r) || unicode.Is(unicode.Cf, r)
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
	end := strings.IndexFunc(rest, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || strings.ContainsRune("<>\"`|\\^{}", r)
	})
	if end < 0 {
		end = len(rest)
	}
	link := strings.TrimRight(rest[:end], ".,;:!?'*_~")
	if strings.HasSuffix(link, ")") && strings.Count(link, "(") < strings.Count(link, ")") {
		link = strings.TrimRight(link[:len(link)-1], ".,;:!?'")
	}
	u, err := url.Parse(link)
	if err != nil || u.Host == "" || u.User != nil || len(link) > 2000 {
		return ""
	}
	return link
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

func safeLink(link string) string {
	u, err := url.Parse(link)
	if err != nil {
		return ""
	}
	return u.String()
}
