package community

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"datahour/bot"
)

// Organisers have pages of their own. Who they are the platform knows, so the way
// in is a link from chat, good once and not for long. It leads to a session, which
// the page keeps in a cookie. Of both secrets the store has the hash alone.

const (
	keyGood     = 10 * time.Minute
	sessionGood = time.Hour
	deskAlarm   = "community.desk"
)

// DeskPath is the address of the organisers' pages; with a slash and a key, the way in.
const DeskPath = "/desk"

// pass lets somebody into the organisers' pages: a key, which is used up by that,
// or a session.
type pass struct {
	Hash    string     `json:"hash"`
	Who     bot.UserID `json:"who"`
	Session bool       `json:"session,omitempty"`
	Until   time.Time  `json:"until"`
}

func passKey(hash string) string { return "pass/" + hash }

func (p *pass) Key() string         { return passKey(p.Hash) }
func (p *pass) Kind() (string, int) { return "pass", 1 }
func (p *pass) Index() []string     { return []string{"passes:" + string(p.Who)} }

// HashOfPass is what the store knows of a key or a session.
func HashOfPass(secret string) string {
	sum := sha256.Sum256([]byte("pass " + secret))
	return hex.EncodeToString(sum[:])
}

// DeskOf tells whose session has the hash, and until when; false when it is none,
// is over, or theirs who is no organiser any more.
func DeskOf(ctx context.Context, b *bot.Bot, hash string) (who bot.UserID, until time.Time, ok bool, err error) {
	var p pass
	r := b.View()
	there, err := r.Get(ctx, passKey(hash), &p)
	if err != nil || !there || !p.Session || !p.Until.After(r.Now()) {
		return "", time.Time{}, false, err
	}
	ok, err = b.IsOrganiser(ctx, p.Who)
	return p.Who, p.Until, ok, err
}

// web gives an organiser a link.
func web(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	secret := rand.Text()
	issue(tx, &pass{Hash: HashOfPass(secret), Who: c.From, Until: tx.Now().Add(keyGood)})
	return bot.Reply{Post: &bot.Post{
		Text:  "Your way to the organisers' pages: <" + tx.URL(DeskPath+"/"+secret) + ">",
		Small: "It is good once, for ten minutes, and for you alone: who has it can do there what you may. You are let out after an hour."}}, nil
}

func issue(tx *bot.Tx, p *pass) {
	tx.Put(p)
	tx.Promise(deskAlarm, p.Hash, p.Until)
}

// enterDesk turns a key into a session. The page made its secret; the hash comes here.
func enterDesk(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	var p pass
	there, err := tx.Get(ctx, passKey(HashOfPass(c.Args.Get("key"))), &p)
	if err != nil {
		return bot.Reply{}, err
	}
	if !there || p.Session || !p.Until.After(tx.Now()) || c.From.Platform() != bot.Web {
		return bot.Reply{}, bot.Sayf(bot.Missing, "That link was used, or is older than ten minutes.")
	}
	drop(tx, p.Hash)
	issue(tx, &pass{Hash: c.Args.Get("session"), Who: p.Who, Session: true, Until: tx.Now().Add(sessionGood)})
	return bot.Answer("Come in."), nil
}

// leaveDesk ends a session. Who knows its hash may.
func leaveDesk(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	var p pass
	there, err := tx.Get(ctx, passKey(c.Args.Get("session")), &p)
	if err != nil || !there || c.From.Platform() != bot.Web {
		return bot.Answer("You are out."), err
	}
	drop(tx, p.Hash)
	return bot.Answer("You are out."), nil
}

func drop(tx *bot.Tx, hash string) {
	tx.Delete(passKey(hash))
	tx.Cancel(deskAlarm, hash)
}

// closeDesk takes away what is over.
func closeDesk(ctx context.Context, tx *bot.Tx, a bot.Alarm) error {
	var p pass
	if there, err := tx.Get(ctx, passKey(a.About()), &p); err != nil || !there {
		return err
	}
	if p.Until.After(tx.Now()) {
		tx.Promise(deskAlarm, p.Hash, p.Until)
		return nil
	}
	tx.Delete(p.Key())
	return nil
}

// Erase ends the sessions of somebody who is forgotten.
func (f *Feature) Erase(ctx context.Context, tx *bot.Tx, who bot.UserID) (bot.Erased, error) {
	passes, err := bot.Find[pass](ctx, tx, "passes:"+string(who))
	for i := range passes {
		drop(tx, passes[i].Hash)
	}
	return bot.Erased{}, err
}
