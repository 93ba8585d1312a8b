package bot

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// Community is what one installation serves, with the settings that its
// organisers can change. Configuration gives the first values.
type Community struct {
	Name    string `json:"name"`
	Hashtag string `json:"hashtag"` // in CamelCase, without the sign
	Zone    string `json:"zone"`    // IANA name

	Announce map[string]RoomID `json:"announce,omitempty"` // by platform: where to announce
	Tell     map[string]RoomID `json:"tell,omitempty"`     // by platform: where to tell organisers things
	SetUp    bool              `json:"set_up,omitempty"`   // an organiser answered the three questions

	Policy Policy `json:"policy"`

	PausedBy UserID    `json:"paused_by,omitempty"` // "" when not paused
	PausedAt time.Time `json:"paused_at,omitzero"`
}

// Policy is how the community handles what people say.
type Policy struct {
	KeepDays      int    `json:"keep_days"`         // days that a transcript is kept; 0: for good
	PublicPages   bool   `json:"public_pages"`      // whether new hours have a public page, unless they say otherwise
	Indexed       bool   `json:"indexed"`           // whether search engines may list public pages
	Carrying      bool   `json:"carrying"`          // whether messages are carried between linked rooms
	CodeOfConduct string `json:"conduct,omitempty"` // address of the community's own; "": the page that comes with Data Hour
	ConsentText   string `json:"consent,omitempty"` // a sentence of the community's own beside the three choices
	Licence       string `json:"licence,omitempty"` // of published words: "CC BY 4.0"
	Welcome       bool   `json:"welcome,omitempty"` // one private line to somebody new in a linked room
}

// DefaultPolicy is what holds until organisers decide otherwise: transcripts
// for a year, pages that anyone can read but search engines do not list, and
// linked rooms that hear each other.
var DefaultPolicy = Policy{KeepDays: 365, PublicPages: true, Carrying: true}

func (c *Community) Key() string         { return "community" }
func (c *Community) Kind() (string, int) { return "community", 1 }
func (c *Community) Index() []string     { return nil }

// Paused tells whether everything but answers is held back.
func (c *Community) Paused() bool { return c.PausedBy != "" }

// Location is the community's time zone.
func (c *Community) Location() *time.Location {
	loc, err := time.LoadLocation(c.Zone)
	if err != nil { // checked when it was set
		return time.UTC
	}
	return loc
}

func (b *Bot) community(ctx context.Context, r Reader) (Community, error) {
	c := b.defaults
	_, err := r.Get(ctx, c.Key(), &c)
	return c, err
}

// organisers are those of a platform that were added with /community organisers.
type organisers struct {
	Platform string   `json:"platform"`
	Users    []UserID `json:"users"`
}

func organisersKey(platform string) string { return "organisers/" + platform }

func (o *organisers) Key() string         { return organisersKey(o.Platform) }
func (o *organisers) Kind() (string, int) { return "organisers", 1 }
func (o *organisers) Index() []string     { return nil }

// IsOrganiser tells whether u is an organiser on their own platform: named in
// the configuration or added by another organiser.
func (tx *Tx) IsOrganiser(ctx context.Context, u UserID) (bool, error) {
	all, err := tx.Organisers(ctx, u.Platform())
	return slices.Contains(all, u), err
}

// Organisers are all organisers of a platform, those from the configuration first.
func (tx *Tx) Organisers(ctx context.Context, platform string) ([]UserID, error) {
	return tx.b.organisersOf(ctx, tx, platform)
}

// IsOrganiser tells whether u is an organiser now, for pages that only they see.
func (b *Bot) IsOrganiser(ctx context.Context, u UserID) (bool, error) {
	all, err := b.organisersOf(ctx, b.View(), u.Platform())
	return slices.Contains(all, u), err
}

func (b *Bot) organisersOf(ctx context.Context, r Reader, platform string) ([]UserID, error) {
	o := organisers{Platform: platform}
	if _, err := r.Get(ctx, o.Key(), &o); err != nil {
		return nil, err
	}
	all := slices.Clone(b.organisers[platform])
	for _, u := range o.Users {
		if !slices.Contains(all, u) {
			all = append(all, u)
		}
	}
	return all, nil
}

// SetOrganiser adds u to the organisers of their platform, or removes them.
// Those named in the configuration can be removed only there.
func (tx *Tx) SetOrganiser(ctx context.Context, u UserID, is bool) error {
	if slices.Contains(tx.b.organisers[u.Platform()], u) {
		if is {
			return nil
		}
		return Sayf(Forbidden, "%s is named as an organiser in the configuration, and can be removed only there.", Mention(u))
	}
	o := organisers{Platform: u.Platform()}
	if _, err := tx.Get(ctx, o.Key(), &o); err != nil {
		return err
	}
	o.Users = slices.DeleteFunc(o.Users, func(x UserID) bool { return x == u })
	if is {
		o.Users = append(o.Users, u)
	}
	tx.Put(&o)
	return nil
}

// TellOrganisers shows a post to the organisers of a platform: in the room that
// they chose for such things, else in direct messages to those who are known.
func (tx *Tx) TellOrganisers(ctx context.Context, platform string, key Key, p Post) error {
	c, err := tx.Community(ctx)
	if err != nil {
		return err
	}
	if room := c.Tell[platform]; room != "" {
		tx.Show(Notice{Room: room, Key: key, Post: p})
		return nil
	}
	all, err := tx.Organisers(ctx, platform)
	if err != nil {
		return err
	}
	for _, u := range all {
		tx.Show(Notice{Room: u.Direct(), Key: key, Post: p})
	}
	return nil
}

// Audit is one line of the audit log: who did what, where, to what. It holds
// no words of people.
type Audit struct {
	ID    string    `json:"id"`
	At    time.Time `json:"at"`
	Who   UserID    `json:"who"`   // "" is the bot itself
	What  string    `json:"what"`  // the command's name, or a feature's own word
	About string    `json:"about"` // ids
	Where RoomID    `json:"where,omitempty"`
}

func (a *Audit) Key() string         { return "audit/" + a.ID }
func (a *Audit) Kind() (string, int) { return "audit", 1 }
func (a *Audit) Index() []string {
	idx := []string{"audit"}
	if p := a.Who.Platform(); p != "" {
		idx = append(idx, "audit:"+p)
	}
	return idx
}

// Audit adds a line to the audit log: what was done to what (ids only). Who
// does it is known to the Tx. Ids sort by time.
func (tx *Tx) Audit(what, about string, where RoomID) {
	tx.Create(&Audit{ID: tx.auditID(), At: tx.Now(), Who: tx.who, What: what, About: about, Where: where})
}

func (tx *Tx) auditID() string {
	return fmt.Sprintf("%016x-%s", tx.Now().UnixMicro(), randomLetters(6))
}
