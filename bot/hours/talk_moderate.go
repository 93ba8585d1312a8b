package hours

import (
	"context"
	"slices"
	"strings"

	"datahour/bot"
)

// reach tells how far a host's or an organiser's word goes about somebody whose
// home is the platform home. Hosts, and the organisers of that platform, decide
// for everybody; the organisers of another one for their own rooms alone.
func (f *Feature) reach(ctx context.Context, tx *bot.Tx, c bot.Call, h *Hour, home, verb string) (everywhere bool, err error) {
	if err := f.mayRun(ctx, tx, c, h, verb); err != nil {
		return false, err
	}
	return h.IsHost(c.From) || home == c.From.Platform() || home == bot.Web, nil
}

// with is the set of platforms with one more, or with one less.
func with(platforms []string, platform string, in bool) []string {
	out := slices.DeleteFunc(slices.Clone(platforms), func(p string) bool { return p == platform })
	if in {
		out = append(out, platform)
	}
	return out
}

func (f *Feature) runHide(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	return f.setHidden(ctx, tx, c, true)
}

func (f *Feature) runUnhide(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	return f.setHidden(ctx, tx, c, false)
}

func (f *Feature) setHidden(ctx context.Context, tx *bot.Tx, c bot.Call, hidden bool) (bot.Reply, error) {
	s, err := f.messageMeant(ctx, tx, c)
	if err != nil {
		return bot.Reply{}, err
	}
	if s == nil {
		return f.choose(ctx, tx, c, hidden)
	}
	h, err := hourByID(ctx, tx, s.Hour)
	if err != nil {
		return bot.Reply{}, err
	}
	everywhere, err := f.reach(ctx, tx, c, &h, s.Room.Platform(), "hide messages in")
	switch {
	case err != nil:
		return bot.Reply{}, err
	case s.Deleted || s.Early:
		return bot.Reply{}, bot.Sayf(bot.Missing, "That message is not there any more.")
	}
	if everywhere {
		err = f.recount(ctx, tx, s, func() { s.Hidden = hidden })
	} else {
		s.HiddenIn = with(s.HiddenIn, c.From.Platform(), hidden)
	}
	if err != nil {
		return bot.Reply{}, err
	}
	c.Args["line"] = []string{s.Line} // for the audit log
	tx.Put(s)
	f.note(tx, &h, entry{What: wasEdited, Message: s.ID})
	if err := f.afterwards(ctx, tx, &h, s); err != nil {
		return bot.Reply{}, err
	}
	if hidden {
		if err := f.holdAgain(ctx, tx, s); err != nil {
			return bot.Reply{}, err
		}
		if err := f.reportsDone(ctx, tx, &h, s); err != nil {
			return bot.Reply{}, err
		}
	}
	return saidOfHiding(s, c.From.Platform(), everywhere, hidden), nil
}

func saidOfHiding(s *Said, platform string, everywhere, hidden bool) bot.Reply {
	var p bot.Post
	switch {
	case !hidden:
		return bot.Answer("It is back where it was.")
	case everywhere && s.Room.Platform() == bot.Web:
		p = bot.Say("Hidden: it is off the page, the transcript and all rooms.")
	case everywhere:
		p = bot.Say("Hidden: it is off the page, the transcript and the other rooms. In " + bot.InRoom(s.Room) + " itself only its author or an administrator of " + s.Room.Platform() + " can remove it.")
	default:
		p = bot.Say("Hidden in the rooms of " + platform + ". Elsewhere it stands: the hosts and the organisers of " + s.Room.Platform() + " decide there. You can report it to them in its thread: mention me and write `datahour report`.")
	}
	p.Buttons = []bot.Button{{Label: "Undo", Command: "datahour unhide " + s.Line}}
	return bot.Reply{Post: &p}
}

func (f *Feature) runMute(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	return f.setMuted(ctx, tx, c, true)
}

func (f *Feature) runUnmute(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	return f.setMuted(ctx, tx, c, false)
}

func (f *Feature) setMuted(ctx context.Context, tx *bot.Tx, c bot.Call, muted bool) (bot.Reply, error) {
	u, h, err := f.personMeant(ctx, tx, c)
	if err != nil {
		return bot.Reply{}, err
	}
	everywhere, err := f.reach(ctx, tx, c, &h, u.Platform(), "mute people in")
	if err != nil {
		return bot.Reply{}, err
	}
	p, t, err := f.counts(ctx, tx, h.ID, u)
	if err != nil {
		return bot.Reply{}, err
	}
	if everywhere {
		t.change(&p, func() { p.Muted = muted })
		tx.Put(&t)
	} else {
		p.MutedIn = with(p.MutedIn, c.From.Platform(), muted)
	}
	tx.Put(&p)
	c.Args["hour"] = []string{h.ID + " " + string(u)} // for the audit log
	if err := f.personChanged(ctx, tx, u, h.ID); err != nil {
		return bot.Reply{}, err
	}
	who := bot.Mention(u)
	switch {
	case !muted:
		return bot.Answer("%s is heard again in %s.", who, h.emphasised()), nil
	case !everywhere:
		return bot.Answer("What %s says in %s is left out of the rooms of %s. Undo: %s", who, h.emphasised(), c.From.Platform(), tx.Command("datahour unmute "+string(u)+" hour="+h.ID)), nil
	}
	return bot.Answer("What %s says in %s is left out of the page, the transcript and the other rooms. Undo: %s", who, h.emphasised(), tx.Command("datahour unmute "+string(u)+" hour="+h.ID)), nil
}

// personMeant finds who is meant and in which hour: a mention, an account's id, a
// name, or whoever said the message in whose thread the command was said.
func (f *Feature) personMeant(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.UserID, Hour, error) {
	typed := strings.TrimSpace(c.Args.Get("person"))
	if typed == "" {
		s, err := f.messageMeant(ctx, tx, c)
		if err != nil {
			return "", Hour{}, err
		}
		if s == nil {
			return "", Hour{}, bot.Wrong("person", "Say who, with a mention such as `@ben`, or mention me in the thread of a message of theirs.")
		}
		h, err := hourByID(ctx, tx, s.Hour)
		return s.Who, h, err
	}
	h, err := f.hourMeant(ctx, tx, c)
	if err != nil {
		return "", h, err
	}
	if people := bot.Mentioned(typed); len(people) > 0 {
		return people[0], h, nil
	}
	if u := bot.UserID(typed); u.Rest() != "" {
		if known, err := tx.Get(ctx, partKey(h.ID, u), &part{}); err != nil || known {
			return u, h, err
		}
	}
	u, err := personNamed(ctx, tx, c.From.Platform(), strings.TrimLeft(typed, "@"))
	return u, h, err
}
