package bot

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"sync"
	"time"
)

// ErasedList remembers outside the store who was forgotten, so that a store that
// was put back from a backup forgets them again. It holds codes from which an
// account cannot be read. Adding the same twice is harmless.
type ErasedList interface {
	Add(code string, at time.Time) error
	// All gives each code with the last time at which it was added.
	All() (map[string]time.Time, error)
}

// erased knows who was forgotten and since when, without knowing who they are:
// by a keyed hash whose key is in the store alone.
type erased struct {
	list ErasedList // nil: there is none

	mu   sync.Mutex
	key  []byte
	when map[string]forgotten // by code
}

// forgotten is when somebody was, and whether that is still being done.
type forgotten struct {
	at   time.Time
	busy bool
	next time.Time // when that goes on
}

// code stands for an account in the list of those who were forgotten.
func (e *erased) code(u UserID) string {
	e.mu.Lock()
	defer e.mu.Unlock()
	h := hmac.New(sha256.New, e.key)
	h.Write([]byte(u))
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// of tells when an account was forgotten, and whether it is being forgotten now.
func (e *erased) of(u UserID) (f forgotten, was bool) {
	e.mu.Lock()
	none := len(e.when) == 0
	e.mu.Unlock()
	if none {
		return f, false
	}
	code := e.code(u)
	e.mu.Lock()
	defer e.mu.Unlock()
	f, was = e.when[code]
	return f, was
}

// underWay are the codes of those whose forgetting is to go on now, and when it
// is to for others; zero: there are none.
func (e *erased) underWay(now time.Time) (due []string, next time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for code, f := range e.when {
		switch {
		case !f.busy:
		case !f.next.After(now):
			due = append(due, code)
		case next.IsZero() || f.next.Before(next):
			next = f.next
		}
	}
	return due, next
}

func (e *erased) took(x erasure) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.when[x.Code] = forgotten{at: x.At, busy: x.Step != wasErased, next: x.Next}
}

// loadErased reads who was forgotten, and begins to forget again whoever a
// restored backup brought back.
func (b *Bot) loadErased(ctx context.Context) error {
	key, err := Secret(ctx, b.store, "erased")
	if err != nil {
		return err
	}
	all, err := Find[erasure](ctx, b.View(), "erased")
	if err != nil {
		return err
	}
	b.erased.mu.Lock()
	b.erased.key, b.erased.when = key, map[string]forgotten{}
	b.erased.mu.Unlock()
	for _, e := range all {
		b.erased.took(e)
	}
	return b.eraseAgain(ctx)
}

// eraseAgain forgets those whom the list outside the store has and the store has
// not, or has from an earlier time: it was put back from a backup.
func (b *Bot) eraseAgain(ctx context.Context) error {
	if b.erased.list == nil {
		return nil
	}
	listed, err := b.erased.list.All()
	if err != nil {
		return fmt.Errorf("reading who was erased: %w", err)
	}
	b.erased.mu.Lock()
	for code, f := range b.erased.when {
		if !listed[code].After(f.at) {
			delete(listed, code)
		}
	}
	b.erased.mu.Unlock()
	if len(listed) == 0 {
		return nil
	}
	people, err := Find[Person](ctx, b.View(), "people")
	if err != nil {
		return err
	}
	who := map[string]UserID{}
	for _, p := range people {
		who[b.erased.code(p.User)] = p.User
	}
	for _, eraser := range b.erasers {
		knows, does := eraser.(Acquainted)
		if !does {
			continue
		}
		visitors, err := knows.Visitors(ctx, b.View())
		if err != nil {
			return err
		}
		for _, u := range visitors {
			who[b.erased.code(u)] = u
		}
	}
	b.log.Warn("the data are from before some people were erased; erasing them again", "people", len(listed))
	for code, at := range listed {
		err := b.do(ctx, decision{decide: func(ctx context.Context, tx *Tx) error {
			e := erasure{Code: code, At: at, Who: who[code], Why: erasedAgain}
			if e.Who == "" { // not in this backup
				e.Step = wasErased
			} else {
				tx.Promise(eraseAlarm, code, tx.Now())
			}
			tx.Put(&e)
			return nil
		}})
		if err != nil {
			return fmt.Errorf("erasing again: %w", err)
		}
	}
	return nil
}

// unheard tells that what was done is not to be heard: by somebody who is being
// forgotten, or before they were. Platforms repeat things, and catching up reads
// them again. What others said before then keeps its words, without the mention.
func (b *Bot) unheard(in *Inbound) bool {
	if f, was := b.erased.of(in.From); was && (f.busy || !in.At.After(f.at)) {
		return true
	}
	in.Text = ReplaceTokens(in.Text, func(t Token) string {
		if t.Kind == "user" {
			if f, was := b.erased.of(UserID(t.ID)); was && (f.busy || !in.At.After(f.at)) {
				return somebody
			}
		}
		return t.String()
	})
	return false
}

// mayMeet tells whether a platform's profile of somebody may be kept: not of
// those who were forgotten, until they do something here again.
func (tx *Tx) mayMeet(ctx context.Context, u UserID) (bool, error) {
	f, was := tx.b.erased.of(u)
	switch {
	case !was:
		return true, nil
	case f.busy:
		return false, nil
	case u == tx.who:
		return true, nil
	}
	var p Person
	return tx.Get(ctx, personKey(u), &p)
}

func (b *Bot) erasedChanged(rec Record) {
	var e erasure
	if err := decode(rec, &e); err != nil {
		b.log.Error("an erasure cannot be read", "err", err)
		return
	}
	b.erased.took(e)
}
