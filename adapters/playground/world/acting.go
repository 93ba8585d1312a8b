package world

import "strings"

type commandIn struct {
	As     string `json:"as"`
	Room   string `json:"room"`
	Thread string `json:"thread"`
	Text   string `json:"text"`
}

// as looks up who acts and what with, under the lock; what follows waits for the
// bot and must not hold it.
func (w *World) as(id string, look func(*Person, *platform) error) (*Person, *platform, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	who, p, err := w.actor(id)
	if err != nil {
		return nil, nil, err
	}
	return who, p, look(who, p)
}

// command runs a slash command and waits for what the bot says.
func (w *World) command(in commandIn) (any, error) {
	text, err := words(in.Text)
	if err != nil {
		return nil, err
	}
	e := Event{Kind: "command"}
	who, p, err := w.as(in.As, func(who *Person, p *platform) error {
		r, thread, err := w.where(who, p, in.Room, in.Thread)
		if err != nil {
			return err
		}
		e.Room, e.Thread, e.Text = r.ID, thread, w.mentions(p, text)
		return p.knows(text)
	})
	if err != nil {
		return nil, err
	}
	return w.ask(p, who, e, w.opt.Patience)
}

// knows refuses a command that the bot has not registered, as long as it has
// registered any.
func (p *platform) knows(text string) error {
	name, slash := strings.CutPrefix(text, "/")
	name, _, _ = strings.Cut(name, " ")
	name, _, _ = strings.Cut(name, "\n")
	if !slash || name == "" {
		return wrong("a command begins with a slash: /datahour new")
	}
	for _, c := range p.commands {
		if first, _, _ := strings.Cut(c.Name, " "); first == name {
			return nil
		}
	}
	if len(p.commands) == 0 {
		return nil
	}
	return missing("There is no command /%s on %s.", name, p.Name)
}

type pressIn struct {
	As      string `json:"as"`
	Message string `json:"message"`
	Button  string `json:"button"` // its label or its command
}

func (w *World) press(in pressIn) (any, error) {
	var post *Post
	who, p, err := w.as(in.As, func(who *Person, _ *platform) (err error) {
		post, err = w.seen(who, in.Message)
		return err
	})
	if err != nil {
		return nil, err
	}
	var labels []string
	if post.Content != nil {
		for _, b := range post.Content.Buttons {
			if !strings.EqualFold(b.Label, in.Button) && (b.Command == "" || b.Command != in.Button) {
				labels = append(labels, b.Label)
				continue
			}
			if b.URL != "" {
				return Outcome{Answered: true, URL: b.URL}, nil
			}
			return w.ask(p, who, Event{Kind: "press", Room: post.Room, Thread: post.Thread, Message: post.ID, Private: post.Only != "", Text: b.Command}, w.opt.Patience)
		}
	}
	return nil, missing("message %s has no button %q; it has %q", post.ID, in.Button, labels)
}

type chooseIn struct {
	As      string `json:"as"`
	Message string `json:"message"`
	Option  string `json:"option"` // its label or its value
}

func (w *World) choose(in chooseIn) (any, error) {
	var post *Post
	who, p, err := w.as(in.As, func(who *Person, _ *platform) (err error) {
		post, err = w.seen(who, in.Message)
		return err
	})
	if err != nil {
		return nil, err
	}
	if post.Content == nil || post.Content.Select == nil {
		return nil, missing("message %s has no menu", post.ID)
	}
	menu := post.Content.Select
	for _, o := range menu.Options {
		if strings.EqualFold(o.Label, in.Option) || o.Value == in.Option {
			return w.ask(p, who, Event{Kind: "press", Room: post.Room, Thread: post.Thread, Message: post.ID, Private: post.Only != "", Text: menu.Command, Value: o.Value}, w.opt.Patience)
		}
	}
	return nil, missing("the menu of message %s has no option %q", post.ID, in.Option)
}

type submitIn struct {
	As      string            `json:"as"`
	Trigger string            `json:"trigger"` // of the outcome that brought the form
	Values  map[string]string `json:"values"`
}

// submit sends a form that a command or press has opened. It may be sent again,
// as it must be after an answer with errors. What is in the fields is for the
// bot to judge: real platforms let through the strangest things.
func (w *World) submit(in submitIn) (any, error) {
	var opened *Event
	var form *Form
	who, p, err := w.as(in.As, func(who *Person, _ *platform) error {
		t := w.triggers[in.Trigger]
		if t == nil || t.event.User.ID != who.ID || t.form == nil {
			return missing("%s has no form open from %q", who.Name, in.Trigger)
		}
		opened, form = t.event, t.form
		return nil
	})
	if err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for _, f := range form.Fields {
		known[f.Name] = true
	}
	size := 0
	for name, v := range in.Values {
		if !known[name] {
			return nil, wrong("the form has no field %q", name)
		}
		size += len(v)
	}
	if size > 200_000 {
		return nil, wrong("the form is longer than 200,000 bytes")
	}
	return w.ask(p, who, Event{Kind: "submit", Room: opened.Room, Thread: opened.Thread, Message: opened.Message, Private: opened.Private,
		Text: form.Command, Values: in.Values, Form: in.Trigger}, w.opt.Patience)
}
