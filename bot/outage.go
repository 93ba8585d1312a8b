package bot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"
)

// A platform that is away for long is told to the organisers of the others, once,
// and once more when it is back. How long is on the community's clock.
const (
	outageAlarm = "outage"
	outageAfter = 5 * time.Minute // away for less is no news
	backAfter   = time.Minute     // back for less is not yet back
)

// outage is a platform that is away, or was until just now.
type outage struct {
	Platform string    `json:"platform"`
	Since    time.Time `json:"since"`
	Told     []string  `json:"told,omitempty"` // the platforms whose organisers know
}

func outageKey(platform string) string { return outageAlarm + "/" + platform }

func (o *outage) Key() string         { return outageKey(o.Platform) }
func (o *outage) Kind() (string, int) { return "outage", 1 }
func (o *outage) Index() []string     { return nil }

// notice is what a post about it is kept under: each outage has its own.
func (o *outage) notice(what string) Key {
	return Key(o.Key() + "/" + strconv.FormatInt(o.Since.UnixMilli(), 36) + "/" + what)
}

// herald stores that a platform came up or went down, whenever it did.
func (b *Bot) herald(ctx context.Context, l *connection) error {
	if len(b.chats) < 2 {
		return nil // there is nobody elsewhere to tell
	}
	for ctx.Err() == nil {
		select {
		case <-l.turned:
		case <-ctx.Done():
			return nil
		}
		for wait := time.Second; ; wait = min(time.Minute, 2*wait) {
			err := b.do(ctx, decision{decide: func(ctx context.Context, tx *Tx) error { return tx.noteTurn(ctx, l) }})
			if err == nil || ctx.Err() != nil {
				break
			}
			if errors.Is(err, ErrStandby) {
				return err
			}
			b.log.Warn("not stored that a platform came or went; trying again", "platform", l.Platform(), "err", err)
			b.clock.pause(ctx, wait)
		}
	}
	return nil
}

func (tx *Tx) noteTurn(ctx context.Context, l *connection) error {
	o := outage{Platform: l.Platform()}
	there, err := tx.Get(ctx, o.Key(), &o)
	if err != nil {
		return err
	}
	up, _, since := l.standing()
	switch {
	case !up:
		if !there {
			o.Since = since
			tx.Put(&o)
		}
		tx.Promise(outageAlarm, o.Platform, tx.Now().Add(outageAfter))
		return nil
	case there && len(o.Told) == 0:
		tx.Delete(o.Key())
		tx.Cancel(outageAlarm, o.Platform)
	case there:
		tx.Promise(outageAlarm, o.Platform, tx.Now().Add(backAfter))
	}
	// Its own organisers may not know yet who else is away. After a start nobody
	// knows yet whether anybody is.
	for _, other := range tx.b.chats {
		away := outage{Platform: other.Platform()}
		if up, _, _ := other.standing(); up || other == l {
			continue
		}
		if there, err := tx.Get(ctx, away.Key(), &away); err != nil {
			return err
		} else if there {
			tx.Promise(outageAlarm, away.Platform, tx.Now().Add(outageAfter))
		}
	}
	return nil
}

// tellOutage rings when a platform has been away, or back, for long enough.
func (b *Bot) tellOutage(ctx context.Context, tx *Tx, a Alarm) error {
	o := outage{Platform: a.About()}
	if there, err := tx.Get(ctx, o.Key(), &o); err != nil || !there {
		return err
	}
	l := b.chat(o.Platform)
	if l == nil { // not configured any more
		tx.Delete(o.Key())
		return nil
	}
	if up, _, _ := l.standing(); up {
		tx.Delete(o.Key())
		return tx.tellBack(ctx, o)
	}
	return tx.tellAway(ctx, o, l.tell(true).State)
}

func (tx *Tx) tellAway(ctx context.Context, o outage, trouble string) error {
	for _, other := range tx.b.chats {
		platform := other.Platform()
		if up, _, _ := other.standing(); !up || platform == o.Platform || slices.Contains(o.Told, platform) {
			continue // one that is away itself is told when it is back
		}
		o.Told = append(o.Told, platform)
		tx.Put(&o)
		if err := tx.TellOrganisers(ctx, platform, o.notice("away"), Post{
			Text: fmt.Sprintf("I have not been connected to **%s** since %s. Its rooms hear nothing from me, and I hear nothing from them; what I have to post there waits. "+
				"I keep trying, and tell you when it is back.", tx.Called(o.Platform), MomentToken(o.Since)),
			Small: "What is the matter: " + Plain(ClipTo(trouble, 400)),
		}); err != nil {
			return err
		}
	}
	return nil
}

func (tx *Tx) tellBack(ctx context.Context, o outage) error {
	for _, platform := range o.Told {
		if err := tx.TellOrganisers(ctx, platform, o.notice("back"), Post{
			Text: fmt.Sprintf("I am connected to **%s** again. It was away from %s. What had to wait is posted there now, and I catch up with what was said in data hours.",
				tx.Called(o.Platform), MomentToken(o.Since)),
		}); err != nil {
			return err
		}
	}
	return nil
}
