package bot

import (
	"context"
	"fmt"
	"strings"
	"sync"
)

// remembered are the records that every command reads before anything else, who
// calls and who the organisers are, as they were last read. A command that
// decides something from them is committed only when they still stand like that,
// and otherwise decides again from what the store has: they save a way to the
// store, and never decide by themselves.
//
// Only the active process writes such records, and each of its commits that does
// makes them be read again. So what is only shown is not older than the last
// commit that was answered either.
type remembered struct {
	mu      sync.Mutex
	records map[string]Record
	changes int // how often one was written: what was read before that may be old
}

// rememberedMost bounds them; beyond it all are forgotten and read again.
const rememberedMost = 4096

// isRemembered tells which keys they have.
func isRemembered(key string) bool {
	return strings.HasPrefix(key, personKey("")) || strings.HasPrefix(key, organisersKey(""))
}

// get gives the records when all are known, else nil; and how often any had
// changed by then.
func (r *remembered) get(keys []string) (recs []Record, changes int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	recs = make([]Record, 0, len(keys))
	for _, key := range keys {
		rec, known := r.records[key]
		if !known {
			return nil, r.changes
		}
		recs = append(recs, rec)
	}
	return recs, r.changes
}

// add remembers what was read, unless something was written since.
func (r *remembered) add(recs []Record, changes int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if changes != r.changes {
		return
	}
	if r.records == nil || len(r.records)+len(recs) > rememberedMost {
		r.records = map[string]Record{}
	}
	for _, rec := range recs {
		r.records[rec.Key] = rec
	}
}

// wrote takes in what a Tx has committed.
func (r *remembered) wrote(tx *Tx) {
	var keys []string
	for key := range tx.puts {
		if isRemembered(key) {
			keys = append(keys, key)
		}
	}
	for key := range tx.deletes {
		if isRemembered(key) {
			keys = append(keys, key)
		}
	}
	if len(keys) > 0 {
		r.forget(keys...)
	}
}

// forget drops some, so that they are read again; with no keys, all.
func (r *remembered) forget(keys ...string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.changes++
	if len(keys) == 0 {
		r.records = nil
	}
	for _, key := range keys {
		delete(r.records, key)
	}
}

// foresee reads several remembered records with at most one way to the store, so
// that the Gets which follow need none.
func (tx *Tx) foresee(ctx context.Context, keys ...string) error {
	for _, key := range keys {
		if tx.b.locks.busy(key) {
			return nil // Get knows how to wait
		}
	}
	r := &tx.b.active.remembered
	recs, changes := r.get(keys)
	if recs == nil {
		var err error
		if recs, err = tx.b.store.Get(ctx, keys...); err != nil {
			return fmt.Errorf("reading %s: %w", strings.Join(keys, ", "), err)
		}
		r.add(recs, changes)
	}
	for i := range recs {
		tx.read[recs[i].Key] = &recs[i]
	}
	return nil
}
