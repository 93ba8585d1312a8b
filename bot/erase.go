package bot

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Forgetting a person is a job that an alarm drives: each ring deals with so
// many records in one commit and sets the alarm anew, so that a history of any
// length never needs one giant commit and a crash repeats at most one step,
// which has no second effect. See [Tx.Erase], where it begins, and erased.go,
// for how it is known afterwards who was forgotten.

const (
	eraseAlarm = "erase"
	eraseWait  = time.Hour       // for a platform to take what is said last; after that it is left unsaid
	eraseLook  = 2 * time.Second // between two looks whether it did
)

// EraseAtOnce is about how many records an Eraser changes in one go: few enough
// for one commit, which on Redis holds up everybody else while it is applied.
const EraseAtOnce = 200

// Erased is what an Eraser did in one go.
type Erased struct {
	More   bool        // there is more to do: it is called again, in another commit
	Public []Published // what of the person goes that had been public, for the takedown list
	Remake []string    // keys of what is to be made again when nothing of the person is left; see [Remaker]
}

// erasing is a step of the job.
type erasing int

const (
	fromFeatures erasing = iota // what they said and did
	fromCore                    // links, choices, roles
	fromAudit                   // their name beside what they did
	fromDirect                  // what stands in their direct messages; then the last word there
	lastWord                    // waits for that to be said; then the person goes
	wasErased
)

// erasure is that somebody is being forgotten, or was. It is kept for good, and
// in the end says nothing but when.
type erasure struct {
	Code   string      `json:"code"`          // see erasedCode; the account itself cannot be read from it
	At     time.Time   `json:"at"`            // what they did before is not heard again
	Who    UserID      `json:"who,omitempty"` // until it is done
	Why    string      `json:"why,omitempty"` // "self", or the reason an organiser chose
	Step   erasing     `json:"step"`
	Upto   string      `json:"upto,omitempty"` // of the audit log: dealt with up to this key
	Public []Published `json:"public,omitempty"`
	Swept  bool        `json:"swept,omitempty"` // features hold nothing any more, and make again what is in Remake
	Remake []string    `json:"remake,omitempty"`
	Notice time.Time   `json:"notice,omitzero"` // when the last word was declared
	Next   time.Time   `json:"next,omitzero"`   // when it goes on
}

func erasedKey(code string) string { return "erased/" + code }

func (e *erasure) Key() string         { return erasedKey(e.Code) }
func (e *erasure) Kind() (string, int) { return "erased", 1 }
func (e *erasure) Index() []string     { return []string{"erased"} }

// Erase forgets a person: everything that features and the core hold about them
// goes, step by step, and what had been published is made again without them.
// why is "self" when they asked for it here, else a fixed word for the reason.
// Whoever calls it has made sure that the caller may.
func (tx *Tx) Erase(ctx context.Context, who UserID, why string) error {
	e := erasure{Code: tx.b.erased.code(who)}
	there, err := tx.Get(ctx, e.Key(), &e)
	if err != nil {
		return err
	}
	if there && e.Step != wasErased {
		return Sayf(Taken, "That is being done already. It takes a minute or two.")
	}
	tx.Put(&erasure{Code: e.Code, At: tx.Now(), Who: who, Why: why})
	tx.Promise(eraseAlarm, e.Code, tx.Now())
	return nil
}

// eraseOn does the next step of forgetting somebody.
func (b *Bot) eraseOn(ctx context.Context, tx *Tx, a Alarm) error {
	e := erasure{Code: a.About()}
	if there, err := tx.Get(ctx, e.Key(), &e); err != nil || !there || e.Step == wasErased {
		return err
	}
	tx.forgets = true
	next := tx.Now()
	done := true
	var err error
	switch e.Step {
	case fromFeatures:
		done, err = b.eraseFromFeatures(ctx, tx, &e)
	case fromCore:
		done, err = b.eraseFromCore(ctx, tx, e.Who)
	case fromAudit:
		done, err = b.eraseFromAudit(ctx, tx, &e)
	case fromDirect:
		err = b.eraseFromDirect(ctx, tx, &e)
	case lastWord:
		next = next.Add(eraseLook)
		done, err = b.eraseRest(ctx, tx, &e)
	}
	if err != nil {
		return fmt.Errorf("erasing, step %d: %w", e.Step, err)
	}
	if done {
		e.Step++
	}
	if e.Step == wasErased {
		return b.endErasure(ctx, tx, e)
	}
	e.Next = next
	tx.Put(&e)
	tx.Promise(eraseAlarm, e.Code, next)
	return nil
}

func (b *Bot) eraseFromFeatures(ctx context.Context, tx *Tx, e *erasure) (done bool, err error) {
	if e.Swept {
		return b.remake(ctx, tx, e)
	}
	if b.erased.list != nil { // before anything goes: a store put back from a backup is to be told of it
		if err := b.erased.list.Add(e.Code, e.At); err != nil {
			b.log.Error("an erasure could not be noted outside the store; after restoring a backup it has to be asked for again", "err", err)
		}
	}
	for _, eraser := range b.erasers {
		did, err := eraser.Erase(ctx, tx, e.Who)
		if err != nil {
			return false, err
		}
		e.published(did.Public)
		for _, what := range did.Remake {
			if !slices.Contains(e.Remake, what) {
				e.Remake = append(e.Remake, what)
			}
		}
		if did.More {
			return false, nil
		}
	}
	e.Swept = true
	return len(e.Remake) == 0, nil
}

// remake makes one thing again without the person, which counts over all that
// was erased in earlier commits.
func (b *Bot) remake(ctx context.Context, tx *Tx, e *erasure) (done bool, err error) {
	what := e.Remake[0]
	e.Remake = e.Remake[1:]
	for _, eraser := range b.erasers {
		if r, can := eraser.(Remaker); can {
			if err := r.Remake(ctx, tx, what); err != nil {
				return false, err
			}
		}
	}
	return len(e.Remake) == 0, nil
}

// eraseFromCore takes a person out of the core's own records.
func (b *Bot) eraseFromCore(ctx context.Context, tx *Tx, who UserID) (done bool, err error) {
	c, err := tx.Community(ctx)
	if err != nil {
		return false, err
	}
	if c.PausedBy == who {
		c.PausedBy = Nobody(who.Platform())
		tx.Put(&c)
	}
	o := organisers{Platform: who.Platform()}
	if _, err := tx.Get(ctx, o.Key(), &o); err != nil {
		return false, err
	}
	if slices.Contains(o.Users, who) {
		o.Users = slices.DeleteFunc(o.Users, func(u UserID) bool { return u == who })
		tx.Put(&o)
	}
	links, err := Find[Link](ctx, tx, "links")
	if err != nil {
		return false, err
	}
	for _, found := range links {
		if found.Asked != who && found.Yes != who {
			continue
		}
		l := Link{A: found.A, B: found.B}
		if there, err := tx.Get(ctx, l.Key(), &l); err != nil {
			return false, err
		} else if !there {
			continue
		}
		for _, u := range [...]*UserID{&l.Asked, &l.Yes} {
			if *u == who {
				*u = Nobody(who.Platform())
			}
		}
		tx.Put(&l)
	}
	choices, err := tx.Records(ctx, "consent:"+string(who), "", EraseAtOnce)
	if err != nil {
		return false, err
	}
	for _, rec := range choices {
		tx.Delete(rec.Key)
	}
	return len(choices) < EraseAtOnce, nil
}

// eraseFromAudit leaves in the audit log what was done, and takes away who.
func (b *Bot) eraseFromAudit(ctx context.Context, tx *Tx, e *erasure) (done bool, err error) {
	page, err := tx.Records(ctx, "audit", e.Upto, EraseAtOnce)
	if err != nil {
		return false, err
	}
	for _, rec := range page {
		e.Upto = rec.Key
		var line Audit
		if err := decode(rec, &line); err != nil {
			return false, err
		}
		if line.forget(e.Who) {
			tx.Put(&line) // nothing else ever changes a line
		}
	}
	if done = len(page) < EraseAtOnce; done {
		e.Upto = ""
	}
	return done, nil
}

// forget takes a person out of a line, and tells whether it named them.
func (a *Audit) forget(who UserID) (named bool) {
	if a.Who == who {
		a.Who, named = Nobody(who.Platform()), true
	}
	if a.Where == who.Direct() {
		a.Where, named = "", true
	}
	ids := a.abouts()
	for i, id := range ids {
		if id == string(who) {
			ids[i], named = "somebody", true
		}
	}
	if named {
		a.About = strings.Join(ids, " ")
	}
	return named
}

// abouts are the ids that the line is about.
func (a *Audit) abouts() []string { return strings.Fields(a.About) }

// lastWordKey is the notice that tells a person that they are forgotten.
const lastWordKey Key = "erased"

// eraseFromDirect takes back what stands in a person's direct messages, and says
// there that they are forgotten.
func (b *Bot) eraseFromDirect(ctx context.Context, tx *Tx, e *erasure) error {
	direct := e.Who.Direct()
	standing, err := Find[shown](ctx, tx, "shown:"+string(direct))
	if err != nil {
		return err
	}
	for _, s := range standing {
		tx.Retract(direct, s.Name)
		if s.Stopped {
			if err := tx.untellOrganisers(ctx, direct.Platform(), stoppedNotice(direct, s.Name)); err != nil {
				return err
			}
		}
	}
	waiting, err := Find[todo](ctx, tx, "todo")
	if err != nil {
		return err
	}
	for _, t := range waiting {
		if t.To == e.Who || t.Notice.Room == direct {
			tx.Retract(t.Notice.Room, t.Notice.Key)
		}
	}
	e.Notice = tx.Now()
	if b.chat(e.Who.Platform()) != nil {
		tx.Show(Notice{Room: direct, Key: lastWordKey, Post: Say("Everything that I held about you is erased, and what had been published is made again without you. " +
			"If you take part again, I meet you as somebody new.")})
	}
	return nil
}

// eraseRest deletes what was needed to say the last word, once it is said.
func (b *Bot) eraseRest(ctx context.Context, tx *Tx, e *erasure) (done bool, err error) {
	direct := e.Who.Direct()
	waiting, err := tx.Records(ctx, "todo:"+string(direct), "", EraseAtOnce)
	if err != nil {
		return false, err
	}
	if len(waiting) > 0 && tx.Now().Sub(e.Notice) < eraseWait {
		return false, nil
	}
	standing, err := tx.Records(ctx, "shown:"+string(direct), "", EraseAtOnce)
	if err != nil {
		return false, err
	}
	for _, rec := range slices.Concat(waiting, standing) {
		tx.Delete(rec.Key)
	}
	if len(waiting) == EraseAtOnce || len(standing) == EraseAtOnce {
		return false, nil
	}
	for _, key := range [...]string{personKey(e.Who), (&nudges{User: e.Who}).Key(), (&heard{Room: direct}).Key(), (&listening{Room: direct}).Key()} {
		tx.Delete(key)
	}
	return true, nil
}

// endErasure leaves a line in the audit log and tells the organisers, without a name.
func (b *Bot) endErasure(ctx context.Context, tx *Tx, e erasure) error {
	tx.Create(&Audit{ID: tx.auditID(), At: tx.Now(), Who: Nobody(e.Who.Platform()), What: "erased", About: e.Code[:8] + " " + e.Why})
	tx.Put(&erasure{Code: e.Code, At: tx.Now(), Why: e.Why, Step: wasErased})
	tx.Scrub()
	return b.tellErased(ctx, tx, &e)
}

const (
	// ErasedSelf is the reason of those who asked for it themselves.
	ErasedSelf = "self"
	// erasedAgain is that of those whom a restored backup had brought back.
	erasedAgain = "restored"
)
