package bot

import (
	"context"
	"slices"
	"time"
)

// Copied is one thing that is held about a person.
type Copied struct {
	What  string    `json:"what"` // the heading that it belongs under: "What you said"
	At    time.Time `json:"at,omitzero"`
	Where string    `json:"where,omitempty"` // in words, or an address
	Words string    `json:"words"`           // plain text, for reading
	Held  any       `json:"held,omitempty"`  // the record as it is kept, for JSON; nil: Words say it all
}

// Copy gives everything that is held about a person: first what the core holds,
// then what each feature does.
func (tx *Tx) Copy(ctx context.Context, who UserID) ([]Copied, error) {
	all, err := copyOfCore(ctx, tx, who)
	if err != nil {
		return nil, err
	}
	for _, c := range tx.b.copiers {
		more, err := c.Copy(ctx, tx, who)
		if err != nil {
			return nil, err
		}
		all = append(all, more...)
	}
	return all, nil
}

func copyOfCore(ctx context.Context, tx *Tx, who UserID) ([]Copied, error) {
	p, err := tx.Person(ctx, who)
	if err != nil {
		return nil, err
	}
	all := []Copied{{What: "Who you are", Words: "Your account is " + string(who) + ", and you are called " + p.Called() + ".", Held: p}}
	add := func(what string, at time.Time, words string, held any) {
		all = append(all, Copied{What: what, At: at, Words: words, Held: held})
	}
	if p.Zone != "" {
		add("Who you are", time.Time{}, "Your time zone: "+p.Zone, nil)
	}
	if p.Role != "" || p.Organisation != "" {
		add("Who you are", time.Time{}, "Your role and organisation: "+p.Role+", "+p.Organisation, nil)
	}
	if is, err := tx.IsOrganiser(ctx, who); err != nil {
		return nil, err
	} else if is {
		add("Who you are", time.Time{}, "You are an organiser of "+who.Platform()+".", nil)
	}
	choices, err := ConsentsOf(ctx, tx, who)
	if err != nil {
		return nil, err
	}
	for _, c := range choices {
		add("What you chose", c.At, c.Words(), c)
	}
	n := nudges{User: who}
	if there, err := tx.Get(ctx, n.Key(), &n); err != nil {
		return nil, err
	} else if there {
		add("What I sent you unasked", time.Time{}, "Direct messages on "+n.Day+", counted so that they stay few", n)
	}
	lines, err := Find[Audit](ctx, tx, "audit:"+who.Platform())
	if err != nil {
		return nil, err
	}
	for _, a := range lines {
		if a.Who == who || slices.Contains(a.abouts(), string(who)) {
			all = append(all, Copied{What: "In the audit log", At: a.At, Where: string(a.Where), Words: a.What + " " + a.About, Held: a})
		}
	}
	return all, nil
}

// Words are what was chosen and where, in plain words: "shown by name (button)".
func (c *Consent) Words() string {
	how := map[Shown]string{Unasked: "no choice yet", ByName: "shown by name", ByRole: "shown by role", NotAtAll: "not shown"}[c.Shown]
	if c.StaysHome {
		how += ", not carried to other rooms"
	}
	return how + " (" + c.Where + ")"
}
