package world

import "time"

// A trigger is what a person did that wants an answer: a command, a press, a
// submitted form, the wish for another time.
type trigger struct {
	id      string
	event   *Event
	made    time.Time     // on the real clock
	first   chan struct{} // closed with the first answer
	answers int
	late    bool // the person has been told that nobody answered, or is not there any more
	outcome Outcome
	form    *Form // what the answer opened
}

// What an answer may still do, as on real platforms.
const (
	answerable  = 30 * time.Minute
	mostAnswers = 5
	mostAsked   = 20_000
)

// Outcome is what came of a command, press, choice, form or wish.
type Outcome struct {
	Trigger  string            `json:"trigger"`
	Answered bool              `json:"answered"`
	Notice   string            `json:"notice,omitempty"` // the world's own words when the bot said nothing
	Post     *Post             `json:"post,omitempty"`   // the private reply
	Update   *Post             `json:"update,omitempty"` // the message that was changed
	Form     *Form             `json:"form,omitempty"`   // to be submitted with this trigger
	Errors   map[string]string `json:"errors,omitempty"` // the form stays open
	Now      time.Time         `json:"now,omitzero"`     // clock: the time it is
	URL      string            `json:"url,omitempty"`    // a button that only opens an address
}

const unanswered = "The bot did not answer."

func (w *World) applyTrigger(e *Event, made time.Time) {
	if e.Trigger == "" {
		return
	}
	w.serial = max(w.serial, serialOf(e.Trigger))
	if w.triggers[e.Trigger] != nil {
		return // the same event once more
	}
	now := w.opt.Now()
	for len(w.asked) > 0 && (now.Sub(w.asked[0].made) > answerable || len(w.asked) >= mostAsked) {
		delete(w.triggers, w.asked[0].id)
		w.asked = w.asked[1:]
	}
	t := &trigger{id: e.Trigger, event: e, made: made, first: make(chan struct{})}
	w.triggers[t.id] = t
	w.asked = append(w.asked, t)
}

// ask tells the bot what the person did, and waits for as long as a person
// would. An answer that comes later is still shown, privately.
func (w *World) ask(p *platform, by *Person, e Event, patience time.Duration) (*Outcome, error) {
	w.mu.Lock()
	e.Trigger = w.number("t")
	e.ID = e.Kind + "/" + e.Trigger
	e.User = user(by)
	err := w.commit(w.event(p, e)...)
	t := w.triggers[e.Trigger]
	w.mu.Unlock()
	if err != nil {
		return nil, err
	}
	select {
	case <-t.first:
	case <-w.opt.After(patience):
	case <-w.done:
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if t.answers > 0 {
		out := t.outcome
		return &out, nil
	}
	t.late = true
	out := &Outcome{Trigger: t.id, Notice: unanswered}
	if e.Room != "" {
		n := w.private(p, e.Room, e.Thread, by.ID)
		n.By, n.Name, n.Text = worldID, "Playground", unanswered
		if err := w.commit(entry{Post: n}); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// private makes a post of the bot that one person sees. The caller holds w.mu.
func (w *World) private(p *platform, room, thread, only string) *Post {
	now := w.now()
	return &Post{ID: w.number("m"), Platform: p.ID, Room: room, Thread: thread, By: BotID, Name: botName,
		Only: only, At: now, Changed: now, Rev: 1}
}

// answer is what the bot says to a trigger. All of it is optional: an empty
// answer means that it was heard and there is nothing to show.
type answer struct {
	Trigger string            `json:"trigger"`
	Post    *Content          `json:"post,omitempty"`
	Update  *Content          `json:"update,omitempty"`
	Form    *Form             `json:"form,omitempty"`
	Errors  map[string]string `json:"errors,omitempty"`
	Now     time.Time         `json:"now,omitzero"`
	Sent    time.Time         `json:"sent,omitzero"`
}

func (w *World) answer(p *platform, a answer) (any, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	t := w.triggers[a.Trigger]
	switch {
	case t == nil || t.event.Platform != p.ID:
		return nil, missing("there is no trigger %q to answer", a.Trigger)
	case w.opt.Now().Sub(t.made) > answerable:
		return nil, gone("trigger %s is more than 30 minutes old", t.id)
	case t.answers >= mostAnswers:
		return nil, gone("trigger %s has been answered %d times", t.id, t.answers)
	case t.late && (a.Form != nil || a.Errors != nil):
		return nil, gone("trigger %s is too old to open a form", t.id)
	case a.Form != nil && (a.Form.Title == "" || a.Form.Command == ""):
		return nil, wrong("a form has a title and a command")
	}
	out := Outcome{Trigger: t.id, Answered: true, Form: a.Form, Errors: a.Errors}
	var entries []entry
	if a.Post != nil {
		if err := a.Post.check(); err != nil {
			return nil, err
		}
		out.Post = w.private(p, t.event.Room, t.event.Thread, t.event.User.ID)
		out.Post.Content = a.Post
		if t.event.Room != "" { // a wish for another time is in no room; its answer is told and not kept
			entries = append(entries, entry{Post: out.Post})
		}
	}
	if a.Update != nil {
		changed, err := w.edited(p, t.event.Message, a.Update)
		if err != nil {
			return nil, err
		}
		out.Update = changed
		entries = append(entries, entry{Post: changed})
	}
	if a.Form != nil {
		entries = append(entries, entry{Form: &openForm{t.id, a.Form}})
	}
	if err := w.commit(entries...); err != nil {
		return nil, err
	}
	if !a.Now.IsZero() {
		if err := w.setClock(a.Now, a.Sent); err != nil {
			return nil, err
		}
		out.Now = a.Now
	}
	t.answers++
	if t.answers == 1 {
		t.outcome = out
		close(t.first)
	}
	id := ""
	if out.Post != nil {
		id = out.Post.ID
	}
	return map[string]any{"id": id, "late": t.late}, nil
}
