package bot

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Published is what had been public of somebody who is forgotten: where, how much
// and since when, and nothing of what it was. Organisers get it, so that they can
// ask whoever may keep a copy of it to take that down.
type Published struct {
	Path  string    `json:"path"`            // of the page; its other forms are beside it
	Forms []string  `json:"forms,omitempty"` // their endings: ".md"
	Wrote int       `json:"wrote,omitempty"` // things that they wrote; 0: they were named or mentioned
	First time.Time `json:"first,omitzero"`  // when the first of it was said, or the page began
	Last  time.Time `json:"last,omitzero"`   // and the last
	Rooms []RoomID  `json:"rooms,omitempty"` // to which it was carried, or where they were named
}

// add puts together what is known of one page.
func (p *Published) add(more Published) {
	p.Wrote += more.Wrote
	if p.First.IsZero() || !more.First.IsZero() && more.First.Before(p.First) {
		p.First = more.First
	}
	if more.Last.After(p.Last) {
		p.Last = more.Last
	}
	for _, room := range more.Rooms {
		if !slices.Contains(p.Rooms, room) {
			p.Rooms = append(p.Rooms, room)
		}
	}
}

// published adds to the list of an erasure.
func (e *erasure) published(all []Published) {
	for _, p := range all {
		if i := slices.IndexFunc(e.Public, func(known Published) bool { return known.Path == p.Path }); i >= 0 {
			e.Public[i].add(p)
		} else {
			e.Public = append(e.Public, p)
		}
	}
}

// tellOf are the platforms whose organisers are told of an erasure: the person's
// own; for a visitor, those in whose rooms they were heard.
func (b *Bot) tellOf(e *erasure) []string {
	platform := e.Who.Platform()
	if platform != Web {
		return []string{platform}
	}
	var all []string
	for _, p := range e.Public {
		for _, room := range p.Rooms {
			if name := room.Platform(); !slices.Contains(all, name) {
				all = append(all, name)
			}
		}
	}
	return all
}

// takedownsAtOnce is how many pages fit into one note.
const takedownsAtOnce = 15

// tellErased tells organisers that somebody was erased, without a name, and what
// had been public of them.
func (b *Bot) tellErased(ctx context.Context, tx *Tx, e *erasure) error {
	slices.SortFunc(e.Public, func(a, b Published) int { return strings.Compare(a.Path, b.Path) })
	for _, platform := range b.tellOf(e) {
		if b.chat(platform) == nil {
			continue
		}
		for part, pages := range append([][]Published{nil}, slices.Collect(slices.Chunk(e.Public, takedownsAtOnce))...) {
			post := Post{Title: "Somebody was erased", Text: takedownLead(e), Small: "Reference " + e.Code[:8]}
			if part > 0 {
				post.Text = b.takedowns(pages, tx.Now())
			}
			if err := tx.TellOrganisers(ctx, platform, Key(fmt.Sprintf("%s/%d", e.Key(), part)), post); err != nil {
				return err
			}
		}
	}
	return nil
}

func takedownLead(e *erasure) string {
	how := "by an organiser"
	switch e.Why {
	case ErasedSelf:
		how = "at their own request"
	case erasedAgain:
		how = "again, since the data were put back from an older backup"
	}
	text := "Somebody was erased, " + how + ": what they wrote, their name and their account are gone from everything that I hold, and pages and posts are made again without them."
	if len(e.Public) == 0 {
		return text + " No public page had shown them."
	}
	return text + " A list of what had been public follows."
}

// takedowns lists what had been public, where, and when, so that copies elsewhere
// can be asked for.
func (b *Bot) takedowns(pages []Published, now time.Time) string {
	lines := []string{"These pages had shown somebody who is erased, until " + MomentToken(now) + ". If search engines or archives keep copies, ask those to take them down:", ""}
	for _, p := range pages {
		what := "they were named or mentioned"
		switch {
		case p.Wrote == 1:
			what = "1 thing that they wrote"
		case p.Wrote > 1:
			what = fmt.Sprintf("%d things that they wrote", p.Wrote)
		}
		line := "- <" + b.publicURL + p.Path + ">: " + what
		if !p.First.IsZero() {
			line += ", since " + MomentToken(p.First)
			if p.Last.After(p.First) {
				line += ", the last at " + MomentToken(p.Last)
			}
		}
		if len(p.Forms) > 0 {
			line += "; the same with " + strings.Join(p.Forms, ", ") + " at its end"
		}
		var rooms []string
		for _, room := range p.Rooms {
			rooms = append(rooms, InRoom(room)+" ("+room.Platform()+")")
		}
		if len(rooms) > 0 {
			line += "; and in " + strings.Join(rooms, ", ") + ", where what I had posted is changed or deleted"
		}
		lines = append(lines, line+".")
	}
	return strings.Join(lines, "\n")
}
