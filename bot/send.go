package bot

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// step is what to do next about one notice.
type step int

const (
	nothing step = iota // it stands as it should
	post
	find // whether an unsure send had its effect
	edit
	remove
	whisper
	wait // for the grace of an unsure send
)

// next derives the step from what shall stand and what is known to stand. until
// is when to look again, for wait.
func (t *todo) next(s *shown, now time.Time, looks bool) (do step, until time.Time) {
	switch {
	case t.To != "":
		if s.Attempt != nil || s.Mark != "" || t.Retract {
			return nothing, time.Time{} // whispered once, or perhaps: never again
		}
		return whisper, time.Time{}
	case s.Gone || s.Stopped && !t.Retract:
		return nothing, time.Time{}
	case s.ID == "" && s.Attempt != nil:
		if !looks {
			return nothing, time.Time{} // it cannot be looked up: once at most
		}
		return find, time.Time{}
	case t.Retract && s.ID == "":
		return nothing, time.Time{}
	case t.Retract, s.ID != "" && s.Leaving: // then perhaps posted anew
		return remove, time.Time{}
	case s.ID == "":
		return post, time.Time{}
	case s.Attempt != nil && s.Attempt.Mark != t.Post.mark(), s.Mark != t.Post.mark():
		return edit, time.Time{}
	case s.Doubt.IsZero():
		return nothing, time.Time{}
	case now.Before(s.Doubt):
		return wait, s.Doubt
	case !looks:
		return edit, time.Time{} // once more, now that nothing late can come any more
	}
	return find, time.Time{}
}

// step does the next thing about one notice.
func (w *roomWorker) step(ctx context.Context, t *todo, paused bool) error {
	key := t.Notice.Key
	if w.unsaved.about(w.room, key) { // its last outcome first, so that what is read is what is known
		return w.save(ctx, Batch{})
	}
	s := shown{Room: w.room, Name: key}
	recs, err := w.b.store.Get(ctx, t.Key(), s.Key())
	if err != nil {
		return err
	}
	if t, err = w.newest(t, recs[0]); err != nil || t == nil {
		return err
	}
	if recs[1].Rev != 0 {
		if err := decode(recs[1], &s); err != nil {
			return err
		}
	}
	now := w.b.clock.Wall()
	do, until := t.next(&s, now, w.chat.finder != nil)
	switch do {
	case nothing:
		w.finish(t, &s)
		return nil
	case wait:
		t.doubted = until // of this content: other content need not wait for it
		return nil
	case post:
		if _, direct := w.room.Person(); paused && !direct {
			w.p.mu.Lock()
			defer w.p.mu.Unlock()
			t.Forgets = false // what does not stand yet shows nobody: it waits with all else
			return nil
		}
	case edit:
		if at := w.edited[key].Add(w.editEvery()); now.Before(at) && !t.First {
			w.notBefore[key] = at
			return nil
		}
	}
	if d := w.takeRate(); d > 0 {
		w.hold = now.Add(d)
		return nil
	}
	return w.send(ctx, do, t, &s)
}

// newest is the todo as the store has it. What was committed last can be heard
// of first, so that a notice which waits here may be older, or done already; nil
// then.
func (w *roomWorker) newest(t *todo, rec Record) (*todo, error) {
	if rec.Rev == t.rev {
		return t, nil
	}
	w.p.mu.Lock()
	defer w.p.mu.Unlock()
	key := t.Notice.Key
	now := w.waiting[key]
	if now != nil && now.rev > t.rev {
		return nil, nil // heard of just now: the next turn takes it
	}
	delete(w.waiting, key)
	if rec.Rev == 0 {
		return nil, nil
	}
	n := &todo{rev: rec.Rev, born: t.born}
	if err := decode(rec, n); err != nil {
		return nil, err
	}
	n.Place = t.Place
	w.waiting[key] = n
	return n, nil
}

// finish forgets a notice about which there is nothing more to do.
func (w *roomWorker) finish(t *todo, s *shown) {
	if t.Retract && (s.ID == "" || s.Gone) {
		w.unsaved.del = append(w.unsaved.del, s.Key())
	}
	if s.Stopped && !t.Retract {
		t.stopped = true // until it is declared anew, as "Post again" does
		return
	}
	w.done(t)
}

// send does one call to the platform. Before a call that has an effect it
// stores the intent, together with what the last call came to.
func (w *roomWorker) send(ctx context.Context, do step, t *todo, s *shown) error {
	var thread MessageID
	if do == post {
		var err error
		if thread, err = w.thread(ctx, t); err != nil {
			return err
		}
		s.Thread = thread
	}
	if do != find {
		began := w.b.clock.Wall()
		switch {
		case do == remove:
			s.Leaving = true
		case s.Attempt != nil && s.ID != "": // an earlier edit may still be under way
			s.Doubt = began.Add(w.b.pace.Grace)
		case !began.Before(s.Doubt):
			s.Doubt = time.Time{}
		}
		if do != remove {
			s.Attempt = &attempt{Mark: t.Post.mark(), Began: began}
		}
		rec, err := encode(s)
		if err != nil {
			return err
		}
		if err := w.save(ctx, Batch{Put: []Record{rec.at(Any)}}); err != nil {
			return err
		}
	}
	window, stop := context.WithTimeout(ctx, w.b.pace.Window)
	defer stop()
	content := localise(ctx, w.b.View(), w.room.Platform(), t.Post)
	var err error
	switch do {
	case post:
		s.ID, err = w.chat.Post(window, w.room, thread, t.Notice.Key, s.Attempt.Mark, content)
		if err != nil {
			s.ID = ""
		}
	case whisper:
		err = w.whisper(window, t, content)
	case edit:
		err = w.chat.edit(window, w.room, s.ID, t.Notice.Key, s.Attempt.Mark, content)
	case remove:
		err = w.chat.delete(window, w.room, s.ID)
	case find:
		return w.look(window, t, s)
	}
	if ctx.Err() != nil {
		return nil // shutting down: the stored intent is enough
	}
	w.after(do, t, s, err)
	return nil
}

// thread finds the message in whose thread a notice stands.
func (w *roomWorker) thread(ctx context.Context, t *todo) (MessageID, error) {
	if t.Reply != "" || t.Under == "" {
		return t.Reply, nil
	}
	for _, o := range w.unsaved.put {
		if o.Name == t.Under {
			return o.top(), nil
		}
	}
	recs, err := w.b.store.Get(ctx, shownKey(w.room, t.Under))
	if err != nil || recs[0].Rev == 0 {
		return "", err
	}
	var s shown
	if err := decode(recs[0], &s); err != nil {
		return "", err
	}
	return s.top(), nil
}

// top is the first message of the thread that a post of ours belongs to or begins.
func (s *shown) top() MessageID {
	if s.Thread != "" {
		return s.Thread
	}
	return s.ID
}

// whisper shows a notice to one person; where the platform cannot, it goes to
// their direct messages.
func (w *roomWorker) whisper(ctx context.Context, t *todo, content Post) error {
	if w.chat.whisperer != nil {
		return w.chat.whisperer.Whisper(ctx, w.room, t.To, content)
	}
	_, err := w.chat.Post(ctx, t.To.Direct(), "", t.Notice.Key, t.Post.mark(), content)
	return err
}

// after takes in what a call came to.
func (w *roomWorker) after(do step, t *todo, s *shown, err error) {
	key := t.Notice.Key
	if err == nil {
		w.stands(do, t, s)
		return
	}
	var send *SendError
	if !errors.As(err, &send) {
		send = &SendError{Outcome: Unsure, Err: err}
	}
	w.b.log.Warn("send failed", "room", w.room, "key", key, "outcome", send.Outcome.String(), "err", send.Err)
	switch send.Outcome {
	case NotSent:
		if do == post || do == whisper {
			s.Attempt = nil
			w.keep(s)
		}
		w.later(key, send.RetryAfter)
		if send.RetryAfter > 0 {
			w.hold = w.b.clock.Wall().Add(send.RetryAfter)
		}
	case Refused:
		w.b.Stats.Failures.Add(1)
		s.Attempt, s.Leaving = nil, false
		if s.ID == "" {
			w.unsaved.del = append(w.unsaved.del, s.Key())
		} else {
			w.keep(s)
		}
		w.chat.failed(w.room, send.Err)
		if do != remove || t.Retract {
			w.done(t)
		}
	case Gone:
		s.Gone, s.Attempt = true, nil
		if do == post { // its thread is gone: say it in the room instead
			s.Gone = false
			t.Under, t.Reply = "", ""
			w.later(key, 0)
		} else {
			w.done(t)
		}
		w.keep(s)
	default:
		w.b.Stats.PostUnsure.Add(1)
		switch do {
		case whisper:
			w.done(t) // once at most
		case edit:
			s.Doubt = s.Attempt.Began.Add(w.b.pace.Grace)
			w.keep(s)
			w.later(key, send.RetryAfter)
		default:
			w.later(key, send.RetryAfter)
		}
		if do == post {
			w.hold = w.b.clock.Wall().Add(min(w.b.pace.HoldBack, time.Second))
			w.notBefore[key] = w.hold
		}
	}
}

// stands notes that a call had its effect.
func (w *roomWorker) stands(do step, t *todo, s *shown) {
	key := t.Notice.Key
	switch do {
	case remove:
		w.b.Stats.PostDeleted.Add(1)
		w.unsaved.del = append(w.unsaved.del, s.Key())
		if t.Retract {
			w.done(t)
		}
		return
	case edit:
		w.b.Stats.PostEdited.Add(1)
	case post:
		w.b.Stats.Posted.Add(1)
	}
	w.edited[key] = w.b.clock.Wall()
	s.Mark, s.Attempt = s.Attempt.Mark, nil
	if do == whisper {
		s.Mark = "whispered"
	}
	w.keep(s)
	if !s.Doubt.IsZero() {
		return // looked at again when nothing late can arrive any more
	}
	w.done(t)
}

func (w *roomWorker) keep(s *shown) { w.unsaved.put = append(w.unsaved.put, *s) }

// look finds out what an unsure send came to: it adopts the first post that
// stands under the key, removes others, and lets it be sent again only when the
// grace is over and none is there.
func (w *roomWorker) look(ctx context.Context, t *todo, s *shown) error {
	key := t.Notice.Key
	now := w.b.clock.Wall()
	found, err := w.chat.finder.Find(ctx, w.room, s.Thread, key)
	switch {
	case err == nil:
	case s.ID != "": // it is there, and what it says is not known: say it again
		s.Mark, s.Doubt = "", time.Time{}
		w.keep(s)
		return nil
	case now.Sub(s.Attempt.Began) > w.b.pace.GiveUp:
		return w.giveUp(ctx, t, s)
	default:
		w.later(key, time.Second)
		return nil
	}
	for i, extra := range found {
		if i > 0 {
			if err := w.chat.delete(ctx, w.room, extra.ID); err != nil {
				w.later(key, time.Second)
				return nil
			}
		}
	}
	if len(found) > 0 {
		s.ID, s.Mark = found[0].ID, found[0].Mark
		if s.Attempt != nil && now.Before(s.Attempt.Began.Add(w.b.pace.Grace)) {
			// A first send may still arrive: look once more after the grace.
			s.Doubt = s.Attempt.Began.Add(w.b.pace.Grace)
		} else {
			s.Doubt = time.Time{}
		}
		s.Attempt = nil
		w.keep(s)
		delete(w.notBefore, key)
		return nil
	}
	switch {
	case s.ID != "": // it stood, and is not there any more: somebody removed it
		s.Gone, s.Attempt, s.Doubt = true, nil, time.Time{}
		w.keep(s)
	case now.Before(s.Attempt.Began.Add(w.b.pace.Grace)):
		w.notBefore[key] = s.Attempt.Began.Add(w.b.pace.Grace)
	default:
		s.Attempt = nil
		w.keep(s)
		delete(w.notBefore, key)
	}
	return nil
}

// giveUp stops trying to find out, and asks the platform's organisers.
func (w *roomWorker) giveUp(ctx context.Context, t *todo, s *shown) error {
	err := w.b.do(ctx, decision{decide: func(ctx context.Context, tx *Tx) error {
		return tx.TellOrganisers(ctx, w.room.Platform(), stoppedNotice(w.room, t.Notice.Key), Post{
			Text:    fmt.Sprintf("I could not find out whether a post of mine reached %s, and have stopped trying so that it does not stand there twice. Please look.", InRoom(w.room)),
			Buttons: []Button{{Label: "Post again", Command: "again " + string(w.room) + " " + string(t.Notice.Key)}},
		})
	}})
	if err != nil {
		return err
	}
	s.Stopped, t.stopped = true, true
	w.keep(s)
	return nil
}

func stoppedNotice(room RoomID, key Key) Key { return "stopped/" + Key(room) + "/" + key }

// againRow is the button under the question of giveUp: an organiser looked, and
// the post is not there.
var againRow = Row{Name: "again", Summary: "Post something again that may not have arrived", Hidden: true, Who: Organisers,
	Args: []Arg{{Name: "room", Required: true}, {Name: "key", Kind: ID, Required: true}},
	Run: func(ctx context.Context, tx *Tx, c Call) (Reply, error) {
		room, key := RoomID(c.Args.Get("room")), Key(c.Args.Get("key"))
		if room.Platform() != c.From.Platform() {
			return Reply{}, Sayf(Forbidden, "That room belongs to %s, and its organisers decide.", room.Platform())
		}
		var s shown
		if err := tx.Need(ctx, shownKey(room, key), &s, "That post is not waiting any more."); err != nil {
			return Reply{}, err
		}
		var t todo
		if err := tx.Need(ctx, todoKey(room, key), &t, "That post is not waiting any more."); err != nil {
			return Reply{}, err
		}
		tx.Delete(s.Key())
		tx.Put(&t) // anew, so that its room looks again
		return Answer("I am posting it again."), tx.untellOrganisers(ctx, room.Platform(), stoppedNotice(room, key))
	}}

// untellOrganisers takes back what TellOrganisers showed.
func (tx *Tx) untellOrganisers(ctx context.Context, platform string, key Key) error {
	c, err := tx.Community(ctx)
	if err != nil {
		return err
	}
	if room := c.Tell[platform]; room != "" {
		tx.Retract(room, key)
	}
	all, err := tx.Organisers(ctx, platform)
	for _, u := range all {
		tx.Retract(u.Direct(), key)
	}
	return err
}
