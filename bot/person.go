package bot

import (
	"context"
	"fmt"
	"time"
)

// Shown is a person's choice of how public pages show what they say.
type Shown string

const (
	Unasked  Shown = ""     // has not chosen: not shown
	ByName   Shown = "name" // by name
	ByRole   Shown = "role" // by role and organisation only
	NotAtAll Shown = "no"
)

// Person is one account on one platform, with what that person told the bot.
type Person struct {
	User         UserID    `json:"user"`
	Name         string    `json:"name"` // as the platform tells it
	Zone         string    `json:"zone,omitempty"`
	Shown        Shown     `json:"shown,omitempty"`
	Role         string    `json:"role,omitempty"`
	Organisation string    `json:"organisation,omitempty"`
	StaysHome    bool      `json:"stays_home,omitempty"` // does not want to be carried to other organisations' rooms
	Snoozed      time.Time `json:"snoozed,omitzero"`     // no unasked message before this
	Stopped      bool      `json:"stopped,omitempty"`    // no unasked message at all
}

func personKey(u UserID) string { return "person/" + string(u) }

func (p *Person) Key() string         { return personKey(p.User) }
func (p *Person) Kind() (string, int) { return "person", 1 }
func (p *Person) Index() []string {
	return []string{"people", "people:" + p.User.Platform()}
}

// Public is how this person may be named where anyone can read, and whether
// they may be shown at all.
func (p *Person) Public() (name string, shown bool) {
	switch p.Shown {
	case ByName:
		return p.Called(), true
	case ByRole:
		switch {
		case p.Role != "" && p.Organisation != "":
			return p.Role + ", " + p.Organisation, true
		case p.Role != "":
			return p.Role, true
		case p.Organisation != "":
			return "somebody from " + p.Organisation, true
		}
		return "a member", true
	}
	return "", false
}

// Called is the name among members.
func (p *Person) Called() string {
	if p.Name != "" {
		return p.Name
	}
	return p.User.Rest()
}

// Location is the person's time zone, or def when it is not known.
func (p *Person) Location(def *time.Location) *time.Location {
	if p.Zone == "" {
		return def
	}
	if loc, err := time.LoadLocation(p.Zone); err == nil {
		return loc
	}
	return def
}

// Person reads what is known of an account; an unknown one has its User alone.
func (tx *Tx) Person(ctx context.Context, u UserID) (Person, error) { return PersonOf(ctx, tx, u) }

// PersonOf reads what is known of an account; an unknown one has its User alone.
func PersonOf(ctx context.Context, r Reader, u UserID) (Person, error) {
	p := Person{User: u}
	_, err := r.Get(ctx, personKey(u), &p)
	return p, err
}

// meet keeps the names that came with an Inbound, when they are new or changed.
func (tx *Tx) meet(ctx context.Context, people []Profile) error {
	for _, profile := range people {
		p, err := tx.Person(ctx, profile.User)
		if err != nil {
			return err
		}
		if may, err := tx.mayMeet(ctx, profile.User); err != nil {
			return err
		} else if !may {
			continue
		}
		if p.Name == profile.Name && (profile.Zone == "" || p.Zone == profile.Zone) {
			continue
		}
		p.Name = profile.Name
		if profile.Zone != "" {
			p.Zone = profile.Zone
		}
		if err := tx.ChangePerson(ctx, p, ""); err != nil {
			return err
		}
	}
	return nil
}

// ChangePerson stores p and tells every feature that shows people. where says
// how a choice about being shown was made ("button", "/my"), for the consent
// log; "" when none was.
func (tx *Tx) ChangePerson(ctx context.Context, p Person, where string) error {
	tx.Put(&p)
	if where != "" {
		tx.Create(&Consent{ID: fmt.Sprintf("%016x-%s", tx.Now().UnixMicro(), randomLetters(6)),
			User: p.User, At: tx.Now(), Shown: p.Shown, StaysHome: p.StaysHome, Where: where})
	}
	for _, l := range tx.b.choiceListeners {
		if err := l.ChoiceChanged(ctx, tx, p); err != nil {
			return err
		}
	}
	return nil
}

// Consent is one line of the consent log: what a person chose, when and where.
type Consent struct {
	ID        string    `json:"id"`
	User      UserID    `json:"user"`
	At        time.Time `json:"at"`
	Shown     Shown     `json:"shown"`
	StaysHome bool      `json:"stays_home"`
	Where     string    `json:"where"`
}

// ConsentsOf is the consent log of one person, oldest first.
func ConsentsOf(ctx context.Context, r Reader, u UserID) ([]Consent, error) {
	return Find[Consent](ctx, r, "consent:"+string(u))
}

func (c *Consent) Key() string         { return "consent/" + string(c.User) + "/" + c.ID }
func (c *Consent) Kind() (string, int) { return "consent", 1 }
func (c *Consent) Index() []string     { return []string{"consent:" + string(c.User)} }

// unaskedADay is how many unasked direct messages a person gets in a day, over
// all features (product.md, rule 3).
const unaskedADay = 3

// nudges counts the unasked messages of one person on one day.
type nudges struct {
	User  UserID `json:"user"`
	Day   string `json:"day"`
	Count int    `json:"count"`
}

func (n *nudges) Key() string         { return "nudges/" + string(n.User) }
func (n *nudges) Kind() (string, int) { return "nudges", 1 }
func (n *nudges) Index() []string     { return nil }

// ShowUnasked shows a notice in a person's direct messages unless they snoozed
// or stopped such messages or had enough of them today. It tells whether it did.
func (tx *Tx) ShowUnasked(ctx context.Context, to UserID, n Notice) (bool, error) {
	p, err := tx.Person(ctx, to)
	if err != nil || p.Stopped || tx.Now().Before(p.Snoozed) {
		return false, err
	}
	count := nudges{User: to}
	if _, err := tx.Get(ctx, count.Key(), &count); err != nil {
		return false, err
	}
	if day := tx.Now().Format(time.DateOnly); count.Day != day {
		count.Day, count.Count = day, 0
	}
	if count.Count >= unaskedADay {
		return false, nil
	}
	count.Count++
	tx.Put(&count)
	n.Room = to.Direct()
	tx.Show(n)
	return true, nil
}
