package bottest

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"datahour/bot"
)

// testStoreModel runs random commands on a store and on storeModel, the plainest
// way to say what a store does, and compares every answer.
func testStoreModel(t *testing.T, with Stores) {
	rapid.Check(t, func(r *rapid.T) {
		store := with.Open(t)
		defer func() { _ = store.Close() }()
		m := &storeModel{
			T: r, ctx: t.Context(), store: store,
			records: map[string]bot.Record{}, alarms: map[string]bot.Alarm{},
			seen: map[string]time.Time{}, logs: map[string][]bot.Entry{}, last: map[string]bot.Seq{},
			at: bot.Moment{Now: storeStart, Wall: storeStart},
		}
		r.Repeat(map[string]func(*rapid.T){
			"commit": m.commit,
			"due":    m.due,
			"trim":   m.trim,
			"time":   m.pass,
			"":       m.compare,
		})
	})
}

// storeModel is a store as a few maps, and the real one beside it.
type storeModel struct {
	*rapid.T
	ctx   context.Context
	store bot.Store
	at    bot.Moment

	rev     bot.Rev // the highest seen
	records map[string]bot.Record
	alarms  map[string]bot.Alarm
	seen    map[string]time.Time
	logs    map[string][]bot.Entry
	last    map[string]bot.Seq
}

var (
	modelKeys    = []string{"a", "b", "c", "é"}
	modelIndexes = []string{"red", "blue", "green"}
	modelAlarms  = []string{"r", "s", "t"}
	modelLogs    = []string{"log", "other"}
)

// commit makes up a batch, often a wrong one.
func (m *storeModel) commit(r *rapid.T) {
	b := bot.Batch{
		Seen:  rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"p1", "p2", "p3", "p4", "p5"}), 0, 1, rapid.ID[string]).Draw(r, "seen"),
		Check: m.some(r, "check", modelKeys, 1),
		Void:  rapid.IntRange(0, 9).Draw(r, "void") == 0,
	}
	// Each key once among Put, Delete and Clear.
	for _, rec := range m.some(r, "write", modelKeys, 3) {
		switch rapid.IntRange(0, 4).Draw(r, "how") {
		case 0:
			b.Delete = append(b.Delete, rec)
		case 1:
			b.Clear = append(b.Clear, rec)
		default:
			rec.Kind, rec.Version = "note", rapid.IntRange(0, 3).Draw(r, "version")
			rec.Value = rapid.SliceOfN(rapid.Byte(), 0, 4).Draw(r, "value")
			rec.Index = rapid.SliceOfNDistinct(rapid.SampledFrom(modelIndexes), 0, 3, rapid.ID[string]).Draw(r, "index")
			b.Put = append(b.Put, rec)
		}
	}
	for _, key := range rapid.SliceOfNDistinct(rapid.SampledFrom(modelAlarms), 0, 3, rapid.ID[string]).Draw(r, "alarms") {
		known := m.alarms[key]
		known.Key = key
		switch rapid.IntRange(0, 5).Draw(r, "what") {
		case 0:
			b.Cancel = append(b.Cancel, key)
		case 1:
			known.Until = m.at.Wall.Add(time.Duration(rapid.IntRange(-1, 3).Draw(r, "until")) * time.Second)
			b.Hold = append(b.Hold, known)
		case 2:
			if rapid.IntRange(0, 4).Draw(r, "stale") == 0 {
				known.Rev--
			}
			b.Done = append(b.Done, known)
		default:
			due := m.at.Now.Add(time.Duration(rapid.IntRange(-3, 3).Draw(r, "due")) * time.Microsecond)
			b.Set = append(b.Set, bot.Alarm{Key: key, Due: due, Data: []byte{byte(len(key))}})
		}
	}
	for range rapid.IntRange(0, 2).Draw(r, "lines") {
		log := rapid.SampledFrom(modelLogs).Draw(r, "log")
		b.Append = append(b.Append, bot.Entry{Log: log, Data: rapid.SliceOfN(rapid.Byte(), 0, 3).Draw(r, "data")})
	}

	want := m.refusal(b)
	rev, err := m.store.Commit(m.ctx, m.at, b)
	if !errors.Is(err, want) {
		m.Fatalf("commit: %v, want %v", err, want)
	}
	if err == nil {
		m.newer(rev)
		m.apply(rev, b)
	}
}

// some picks keys, mostly at the revision that they have.
func (m *storeModel) some(r *rapid.T, what string, keys []string, max int) []bot.Record {
	var some []bot.Record
	for _, key := range rapid.SliceOfNDistinct(rapid.SampledFrom(keys), 0, max, rapid.ID[string]).Draw(r, what) {
		rec := bot.Record{Key: key, Rev: m.records[key].Rev}
		switch rapid.IntRange(0, 9).Draw(r, "rev") {
		case 0:
			rec.Rev = 0
		case 1:
			rec.Rev = rapid.Map(rapid.Uint64Range(1, uint64(m.rev)+1), func(n uint64) bot.Rev { return bot.Rev(n) }).Draw(r, "old")
		case 2, 3:
			rec.Rev = bot.Any
		}
		some = append(some, rec)
	}
	return some
}

// newer checks a revision or a lease against all before it.
func (m *storeModel) newer(rev bot.Rev) {
	if rev <= m.rev || rev == bot.Any {
		m.Fatalf("revision %d after %d", rev, m.rev)
	}
	m.rev = rev
}

func (m *storeModel) refusal(b bot.Batch) error {
	for _, id := range b.Seen {
		if at, ok := m.seen[id]; ok && m.at.Wall.Sub(at) < bot.SeenFor {
			return bot.ErrSeen
		}
	}
	for _, r := range slices.Concat(b.Check, b.Put, b.Delete) {
		if r.Rev != bot.Any && r.Rev != m.records[r.Key].Rev {
			return bot.ErrConflict
		}
	}
	for _, a := range b.Hold {
		if a.Lease == 0 || m.alarms[a.Key].Lease != a.Lease {
			return bot.ErrConflict
		}
	}
	for _, a := range b.Done {
		if is := m.alarms[a.Key]; a.Lease == 0 || is.Lease != a.Lease || is.Rev != a.Rev {
			return bot.ErrConflict
		}
	}
	return nil
}

func (m *storeModel) apply(rev bot.Rev, b bot.Batch) {
	if b.Void {
		for key, a := range m.alarms {
			a.Lease, a.Until = 0, time.Time{}
			m.alarms[key] = a
		}
	}
	for _, r := range b.Delete {
		delete(m.records, r.Key)
	}
	for _, r := range b.Clear {
		if r.Rev == bot.Any || m.records[r.Key].Rev == r.Rev {
			delete(m.records, r.Key)
		}
	}
	for _, r := range b.Put {
		r.Rev = rev
		r.Born = cmp.Or(m.records[r.Key].Born, rev)
		m.records[r.Key] = r
	}
	for _, a := range b.Done {
		delete(m.alarms, a.Key)
	}
	for _, key := range b.Cancel {
		delete(m.alarms, key)
	}
	for _, a := range b.Hold {
		is, ok := m.alarms[a.Key]
		if !ok || b.Void {
			continue
		}
		if is.Until = a.Until; !a.Until.After(m.at.Wall) {
			is.Lease, is.Until = 0, time.Time{}
		}
		m.alarms[a.Key] = is
	}
	for _, a := range b.Set {
		is := m.alarms[a.Key]
		a.Rev, a.Lease, a.Until = rev, is.Lease, is.Until
		m.alarms[a.Key] = a
	}
	for _, id := range b.Seen {
		m.seen[id] = m.at.Wall
	}
	for _, e := range b.Append {
		m.last[e.Log]++
		e.Seq = m.last[e.Log]
		m.logs[e.Log] = append(m.logs[e.Log], e)
	}
}

func (m *storeModel) due(r *rapid.T) {
	most := rapid.IntRange(1, 4).Draw(r, "max")
	lease := time.Duration(rapid.IntRange(1, 3).Draw(r, "lease")) * time.Second
	var want []bot.Alarm
	var wantNext time.Time
	free := slices.SortedFunc(maps.Values(m.alarms), func(a, b bot.Alarm) int {
		return cmp.Or(a.Due.Compare(b.Due), strings.Compare(a.Key, b.Key))
	})
	for _, a := range free {
		switch {
		case a.Lease != 0 && a.Until.After(m.at.Wall):
		case len(want) < most && !a.Due.After(m.at.Now):
			a.Until = m.at.Wall.Add(lease)
			want = append(want, a)
		case wantNext.IsZero():
			wantNext = a.Due
		}
	}
	got, next, err := m.store.Due(m.ctx, m.at, lease, most)
	if err != nil || !next.Equal(wantNext) {
		m.Fatalf("due: next %v, %v; want %v", next, err, wantNext)
	}
	top := m.rev
	for i, a := range got {
		if a.Lease <= m.rev {
			m.Fatalf("lease %d after revision %d", a.Lease, m.rev)
		}
		top = max(top, a.Lease)
		if i < len(want) {
			want[i].Lease = a.Lease
		}
		m.alarms[a.Key] = a
	}
	m.rev = top
	m.same("due", want, got)
}

func (m *storeModel) trim(r *rapid.T) {
	log := rapid.SampledFrom(modelLogs).Draw(r, "log")
	upTo := rapid.Map(rapid.Uint64Range(0, uint64(m.last[log])+2), func(n uint64) bot.Seq { return bot.Seq(n) }).Draw(r, "up to")
	if err := m.store.(bot.Trimmer).Trim(m.ctx, log, upTo); err != nil {
		m.Fatalf("trim: %v", err)
	}
	m.logs[log] = slices.DeleteFunc(m.logs[log], func(e bot.Entry) bool { return e.Seq <= upTo })
}

func (m *storeModel) pass(r *rapid.T) {
	m.at.Now = m.at.Now.Add(time.Duration(rapid.IntRange(0, 3).Draw(r, "now")) * time.Microsecond)
	m.at.Wall = m.at.Wall.Add(rapid.SampledFrom([]time.Duration{0, time.Second, 2 * time.Second, bot.SeenFor / 2}).Draw(r, "wall"))
}

// compare reads everything that can be read without changing anything.
func (m *storeModel) compare(*rapid.T) {
	got, err := m.store.Get(m.ctx, modelKeys...)
	if err != nil {
		m.Fatalf("get: %v", err)
	}
	for i, key := range modelKeys {
		want := m.records[key]
		want.Key = key
		m.same(key, want, got[i])
	}
	for _, index := range modelIndexes {
		var want []bot.Record
		for _, key := range modelKeys {
			if slices.Contains(m.records[key].Index, index) {
				want = append(want, m.records[key])
			}
		}
		got, err := m.store.List(m.ctx, index, "", 100)
		if err != nil {
			m.Fatalf("list: %v", err)
		}
		m.same(index, want, got)
	}
	for _, log := range modelLogs {
		got, err := m.store.Read(m.ctx, log, 0, 1000, 0)
		if err != nil {
			m.Fatalf("read: %v", err)
		}
		m.same(log, m.logs[log], got)
	}
}

func (m *storeModel) same(what string, want, got any) {
	diff := gocmp.Diff(want, got, cmpopts.EquateEmpty(), cmpopts.EquateApproxTime(0), cmpopts.SortSlices(strings.Compare))
	if diff != "" {
		m.Fatalf("%s (-want +got): %s", what, diff)
	}
}
