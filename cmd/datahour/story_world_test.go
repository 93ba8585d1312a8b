package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"datahour/adapters/playground/world"
)

// What people do in a story, and what can be seen (world/API.md has the calls):
//
//	as PERSON in ROOM [under REGEXP] WORDS   say something, or a command when it begins with /
//	as PERSON submit [FIELD=VALUE…]          send the form that was opened last
//	as PERSON press LABEL [in ROOM]          a button of the last answer, or of the last post in ROOM that has it
//	as PERSON choose OPTION [in ROOM]        the same for a menu
//	as PERSON edit WORDS [in ROOM]           the last message of that person
//	as PERSON delete [in ROOM]
//	as PERSON react MARK in ROOM [REGEXP]    to the last message (that matches)
//	room ROOM [as=PERSON] [REGEXP]           wait until the room reads like that; ! room: it does not now
//	clock TO                                 start, +10m, +24h, or a moment
//	page PATH [REGEXP]                       wait until the public page reads like that; ! page: it does not now
//	world get PATH | world post PATH JSON    any other call
//
// Each prints what came of it, for stdout. A room is printed as people read it:
// a line for each message and each part of a post, buttons in brackets, private
// ones begin with "(only NAME)", and deleted ones are left out.

// call speaks to the playground. A status that is no success is an error.
func (s *story) call(method, path string, in, out any) error {
	var body io.Reader
	if in != nil {
		raw, err := json.Marshal(in)
		s.Check(err)
		body = bytes.NewReader(raw)
	}
	request, err := http.NewRequest(method, s.world+path, body)
	s.Check(err)
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	raw, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s %s: %s: %s", method, path, answer.Status, raw)
	}
	if text, ok := out.(*string); ok {
		*text = string(raw)
		return nil
	}
	return json.Unmarshal(raw, out)
}

func (s *story) connected() bool {
	var platforms []struct{ Connected bool }
	if err := s.call("GET", "/api/platforms", nil, &platforms); err != nil {
		return false
	}
	for _, p := range platforms {
		if !p.Connected {
			return false
		}
	}
	return len(platforms) == 2
}

func as(s *story, fails bool, args []string) {
	if len(args) < 2 {
		s.Fatalf("usage: as PERSON in|submit|press|choose|edit|delete|react …")
	}
	person, verb, rest := args[0], args[1], args[2:]
	var in map[string]any
	path := "/api/" + verb
	switch verb {
	case "in":
		path, in = s.words(person, rest)
	case "submit":
		in = map[string]any{"trigger": s.forms[person], "values": values(s, rest)}
	case "press":
		label, message := s.pressed(person, rest, func(p *world.Content, label string) bool {
			for _, b := range p.Buttons {
				if b.Label == label || b.Command == label {
					return true
				}
			}
			return false
		})
		in = map[string]any{"message": message, "button": label}
	case "choose":
		option, message := s.pressed(person, rest, func(p *world.Content, option string) bool {
			if p.Select == nil {
				return false
			}
			for _, o := range p.Select.Options {
				if o.Label == option || o.Value == option {
					return true
				}
			}
			return false
		})
		in = map[string]any{"message": message, "option": option}
	case "edit":
		rest, where := inRoom(s, rest)
		in = map[string]any{"message": s.last(where, person, func(p world.Post) bool { return p.By == person }).ID, "text": strings.Join(rest, " ")}
	case "delete":
		_, where := inRoom(s, rest)
		in = map[string]any{"message": s.last(where, person, func(p world.Post) bool { return p.By == person }).ID}
	case "react", "unreact":
		if len(rest) < 3 || rest[1] != "in" {
			s.Fatalf("usage: as PERSON react MARK in ROOM [REGEXP]")
		}
		like := regexp.MustCompile(strings.Join(rest[3:], " "))
		in = map[string]any{"name": rest[0], "message": s.last(rest[2], person, func(p world.Post) bool { return like.MatchString(readable(p)) }).ID}
	default:
		s.Fatalf("people cannot %s", verb)
	}
	in["as"] = person
	switch path {
	case "/api/command", "/api/submit", "/api/press", "/api/choose":
		s.ask(person, path, in, fails)
	default:
		var out string
		err := s.call("POST", path, in, &out)
		fmt.Fprint(s.Stdout(), out)
		if (err == nil) == fails {
			s.Fatalf("%s %s: %v", person, verb, err)
		}
	}
}

// words says something in a room; it is a command when it begins with a slash.
func (s *story) words(person string, rest []string) (path string, in map[string]any) {
	if len(rest) < 2 {
		s.Fatalf("usage: as PERSON in ROOM [under REGEXP] WORDS")
	}
	in = map[string]any{"room": rest[0]}
	rest = rest[1:]
	if rest[0] == "under" && len(rest) > 2 {
		like := regexp.MustCompile(rest[1])
		in["thread"] = s.last(in["room"].(string), person, func(p world.Post) bool { return like.MatchString(readable(p)) }).ID
		rest = rest[2:]
	}
	text := strings.Join(rest, " ")
	in["text"] = text
	if strings.HasPrefix(text, "/") {
		return "/api/command", in
	}
	return "/api/say", in
}

// ask does what the bot has to answer.
func (s *story) ask(person, path string, in map[string]any, fails bool) {
	var out world.Outcome
	if err := s.call("POST", path, in, &out); err != nil {
		if !fails {
			s.Fatalf("%v", err)
		}
		fmt.Fprintln(s.Stdout(), err)
		return
	}
	if out.Answered == fails {
		s.Fatalf("answered: %v %s", out.Answered, out.Notice)
	}
	s.heard[person] = out
	if out.Form != nil {
		s.forms[person] = out.Trigger
	}
	fmt.Fprint(s.Stdout(), out.Notice)
	if out.Post != nil {
		fmt.Fprint(s.Stdout(), readable(*out.Post))
	}
	if out.Update != nil {
		fmt.Fprint(s.Stdout(), readable(*out.Update))
	}
	if f := out.Form; f != nil {
		fmt.Fprintf(s.Stdout(), "form: %s\n", f.Title)
		for _, field := range f.Fields {
			fmt.Fprintf(s.Stdout(), "%s=%s\n", field.Name, field.Value)
		}
	}
	for field, wrong := range out.Errors {
		fmt.Fprintf(s.Stdout(), "error: %s: %s\n", field, wrong)
	}
}

func values(s *story, pairs []string) map[string]string {
	all := map[string]string{}
	for _, pair := range pairs {
		name, value, ok := strings.Cut(pair, "=")
		if !ok {
			s.Fatalf("%q is not FIELD=VALUE", pair)
		}
		all[name] = strings.ReplaceAll(value, `\n`, "\n")
	}
	return all
}

// inRoom takes "in ROOM" from the end of args.
func inRoom(s *story, args []string) ([]string, string) {
	if n := len(args); n >= 2 && args[n-2] == "in" {
		return args[:n-2], args[n-1]
	}
	s.Fatalf("say in which room")
	return nil, ""
}

// pressed finds the message with a button or option: in the last answer, or the
// last one in a room.
func (s *story) pressed(person string, rest []string, has func(*world.Content, string) bool) (label, message string) {
	if n := len(rest); n >= 3 && rest[n-2] == "in" {
		label = strings.Join(rest[:n-2], " ")
		s.until(fmt.Sprintf("a post with %q in %s", label, rest[n-1]), func() bool {
			found := s.find(rest[n-1], person, func(p world.Post) bool { return p.Content != nil && has(p.Content, label) })
			if found != nil {
				message = found.ID
			}
			return found != nil
		})
		return label, message
	}
	label = strings.Join(rest, " ")
	heard := s.heard[person]
	for _, p := range []*world.Post{heard.Update, heard.Post} {
		if p != nil && p.Content != nil && has(p.Content, label) {
			return label, p.ID
		}
	}
	s.Fatalf("the last answer to %s has no %q", person, label)
	return "", ""
}

// last is the newest message in a room that fits.
func (s *story) last(room, person string, fits func(world.Post) bool) world.Post {
	found := s.find(room, person, fits)
	if found == nil {
		s.Fatalf("there is no such message in %s", room)
	}
	return *found
}

func (s *story) find(room, person string, fits func(world.Post) bool) *world.Post {
	posts, err := s.posts(room, person)
	if err != nil {
		s.Fatalf("%v", err)
	}
	for i := len(posts) - 1; i >= 0; i-- {
		if p := posts[i]; !p.Deleted && fits(p) {
			return &p
		}
	}
	return nil
}

func (s *story) posts(room, person string) ([]world.Post, error) {
	var out struct{ Posts []world.Post }
	err := s.call("GET", "/api/rooms/"+url.PathEscape(room)+"?max=1000&as="+url.QueryEscape(person), nil, &out)
	return out.Posts, err
}

func room(s *story, fails bool, args []string) {
	if len(args) == 0 {
		s.Fatalf("usage: room ROOM [as=PERSON] [REGEXP]")
	}
	name, rest, person := args[0], args[1:], ""
	if len(rest) > 0 && strings.HasPrefix(rest[0], "as=") {
		person, rest = strings.TrimPrefix(rest[0], "as="), rest[1:]
	}
	s.see("room "+name, fails, rest, func() (string, error) {
		posts, err := s.posts(name, person)
		var text strings.Builder
		for _, p := range posts {
			text.WriteString(readable(p))
		}
		return text.String(), err
	})
}

func page(s *story, fails bool, args []string) {
	if len(args) == 0 {
		s.Fatalf("usage: page PATH [REGEXP]")
	}
	at := args[0]
	if strings.HasPrefix(at, "/") {
		at = s.pages + at
	}
	s.see("page "+at, fails, args[1:], func() (string, error) {
		answer, err := http.Get(at)
		if err != nil {
			return "", err
		}
		defer answer.Body.Close()
		raw, err := io.ReadAll(answer.Body)
		return fmt.Sprintf("%s\n%s", answer.Status, raw), err
	})
}

// see waits until what is read is like the regular expression, or checks that
// it is not like it now.
func (s *story) see(what string, fails bool, like []string, read func() (string, error)) {
	pattern, err := regexp.Compile("(?m)" + strings.Join(like, " "))
	s.Check(err)
	text := ""
	if fails {
		text, err = read()
		s.Check(err)
		fmt.Fprint(s.Stdout(), text)
		if pattern.MatchString(text) {
			s.Fatalf("%s is like %s:\n%s", what, pattern, text)
		}
		return
	}
	defer func() { fmt.Fprint(s.Stdout(), text) }()
	s.until(fmt.Sprintf("%s to be like %s", what, pattern), func() bool {
		text, err = read()
		return err == nil && pattern.MatchString(text)
	})
}

// readable is a message as people read it.
func readable(p world.Post) string {
	if p.Deleted {
		return ""
	}
	var b strings.Builder
	if p.Only != "" {
		fmt.Fprintf(&b, "(only %s) ", p.Only)
	}
	fmt.Fprintf(&b, "%s: ", p.Name)
	c := p.Content
	if c == nil {
		c = &world.Content{Text: p.Text}
	}
	parts := []string{c.Title, strings.TrimSpace(c.Text)}
	for _, f := range c.Fields {
		parts = append(parts, f.Name+": "+f.Value)
	}
	var controls []string
	for _, button := range c.Buttons {
		controls = append(controls, "["+button.Label+"]")
	}
	if c.Select != nil {
		controls = append(controls, "["+c.Select.Label+" ▾]")
	}
	if c.Image != nil {
		parts = append(parts, c.Image.Alt)
	}
	parts = append(append(parts, strings.Join(controls, " "), c.Small), c.Meta...)
	for _, r := range p.Reactions {
		parts = append(parts, fmt.Sprintf("%s %d", r.Name, len(r.People)))
	}
	for _, part := range parts {
		if part != "" {
			b.WriteString(part + "\n")
		}
	}
	return b.String()
}

func clock(s *story, fails bool, args []string) {
	if len(args) != 1 {
		s.Fatalf("usage: clock TO")
	}
	s.ask("", "/api/clock", map[string]any{"to": args[0]}, fails)
	fmt.Fprintln(s.Stdout(), s.heard[""].Now.Format(time.RFC1123))
}

func worldCall(s *story, fails bool, args []string) {
	var in any
	if len(args) == 3 && args[0] == "post" {
		in = json.RawMessage(args[2])
	} else if len(args) != 2 || args[0] != "get" && args[0] != "delete" {
		s.Fatalf("usage: world get PATH, or world post PATH JSON")
	}
	var out string
	err := s.call(strings.ToUpper(args[0]), args[1], in, &out)
	fmt.Fprint(s.Stdout(), out)
	if (err == nil) == fails {
		s.Fatalf("%v", err)
	}
}
