package hours

import (
	"context"
	"slices"
	"strings"

	"datahour/bot"
)

// visitor is somebody who wrote on the public page of an hour.
type visitor struct {
	Who  bot.UserID
	Name string // with the organisation
	Said int    // messages, those that wait too
}

// visitorsIn are those of an hour, by name.
func visitorsIn(ctx context.Context, r bot.Reader, hour string) ([]visitor, error) {
	parts, err := bot.Find[part](ctx, r, "parts:"+hour)
	if err != nil {
		return nil, err
	}
	visits, err := bot.Find[Visit](ctx, r, "visits:"+hour)
	if err != nil {
		return nil, err
	}
	var all []visitor
	add := func(u bot.UserID, name string, said int) {
		if i := slices.IndexFunc(all, func(v visitor) bool { return v.Who == u }); i >= 0 {
			all[i].Said += said
		} else {
			all = append(all, visitor{u, name, said})
		}
	}
	for _, p := range parts {
		if p.Visitor == "" {
			continue
		}
		n := 0
		for _, said := range p.Said {
			n += said
		}
		add(p.Who, signed(p.Visitor, p.Organisation), n)
	}
	for _, v := range visits {
		add(v.Who, signed(v.Name, v.Organisation), 1)
	}
	slices.SortFunc(all, func(a, b visitor) int { return strings.Compare(a.Name+string(a.Who), b.Name+string(b.Who)) })
	return all, nil
}

// runForget erases a visitor who asked an organiser for it, since they lost their
// link: chosen from those of the hour, then confirmed.
func (f *Feature) runForget(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	h, err := f.hourReported(ctx, tx, c, nil)
	if id := c.Args.Get("hour"); id != "" {
		h, err = hourByID(ctx, tx, id)
	}
	if err != nil {
		return bot.Reply{}, err
	}
	if err := f.mayRun(ctx, tx, c, &h, "erase visitors of"); err != nil {
		return bot.Reply{}, err
	}
	all, err := visitorsIn(ctx, tx, h.ID)
	if err != nil {
		return bot.Reply{}, err
	}
	who := bot.UserID(strings.TrimSpace(c.Args.Get("visitor")))
	if who == "" {
		return chooseVisitor(&h, all), nil
	}
	i := slices.IndexFunc(all, func(v visitor) bool { return v.Who == who })
	if i < 0 {
		return bot.Reply{}, bot.Sayf(bot.Missing, "There is no such visitor in %s. Choose one: %s.", h.emphasised(), tx.Command("datahour forget hour="+h.ID))
	}
	if c.Args.Get("sure") != "yes" {
		return bot.Reply{Replace: c.Pressed, Post: &bot.Post{Title: "Erase a visitor?",
			Text: "Everything that **" + bot.Plain(all[i].Name) + "** (web) wrote in " + h.emphasised() + " goes: " + counted(all[i].Said, "message", "messages") + ", and their name; the page, the transcript and the rooms are made again without them. " +
				"Make sure that it is they who ask: others may have given the same name. It cannot be undone.",
			Buttons: []bot.Button{{Label: "Erase them", Command: "datahour forget " + string(who) + " hour=" + h.ID + " sure=yes", Style: bot.Danger}}}}, nil
	}
	if err := tx.Erase(ctx, who, "asked"); err != nil {
		return bot.Reply{}, err
	}
	reply := bot.Answer("I am erasing them. It takes a minute or two; then the organisers of %s get a list of what had been public.", bot.Listed(h.platforms()))
	reply.Replace = c.Pressed
	return reply, nil
}

// mostChosen is how many options every platform's menu takes.
const mostChosen = 100

func chooseVisitor(h *Hour, all []visitor) bot.Reply {
	if len(all) == 0 {
		return bot.Answer("No visitor wrote in %s, or they took back what they wrote.", h.emphasised())
	}
	choice := &bot.Select{Label: "Which visitor?", Command: "datahour forget hour=" + h.ID}
	for _, v := range all[:min(mostChosen, len(all))] {
		choice.Options = append(choice.Options, bot.Option{Label: bot.ClipTo(v.Name, 50) + ", " + counted(v.Said, "message", "messages"), Value: string(v.Who)})
	}
	return bot.Reply{Post: &bot.Post{Text: "Which visitor of " + h.emphasised() + "? They can also take back what they wrote by their own link.", Select: choice}}
}
