package bot

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

// Receive takes one thing that a person did, from any platform or from the web.
// An error means that it was not stored and should come again; whatever can be
// said to the person is in the Reply.
func (b *Bot) Receive(ctx context.Context, in Inbound) (Reply, error) {
	if err := b.Ready(); err != nil {
		return Reply{}, err
	}
	ctx, stop := context.WithTimeout(ctx, b.pace.Answer+b.pace.Answer/10)
	defer stop()
	if in.Kind == Command || in.Kind == Message && (in.Addressed || in.Direct) {
		b.Stats.Commands.Add(1)
		return b.runCommand(ctx, in), nil
	}
	b.Stats.Messages.Add(1)
	return Reply{}, b.hear(ctx, in, false)
}

// hear hands what was said in a room to the features. It has no Seen: a message
// is told apart by the record that its listener makes of it. missed says that it
// comes from the history: until that is heard whole, what is said now does not
// count as the place up to which everything was heard.
func (b *Bot) hear(ctx context.Context, in Inbound, missed bool) error {
	if b.unheard(&in) {
		return nil
	}
	err := b.do(ctx, decision{who: in.From, decide: func(ctx context.Context, tx *Tx) error {
		for _, l := range b.listeners {
			if err := l.Heard(ctx, tx, in); err != nil {
				return err
			}
		}
		if tx.empty() {
			return nil
		}
		if err := tx.meet(ctx, in.People); err != nil {
			return err
		}
		if missed || !b.isBehind(in.Room) {
			tx.Put(&heard{Room: in.Room, At: in.At})
		}
		return nil
	}})
	if kind, said := KindOf(err); said {
		b.log.Debug("not heard", "kind", kind, "room", in.Room)
		return nil // a rule refused it; coming again would not help
	}
	return err
}

func (b *Bot) runCommand(ctx context.Context, in Inbound) Reply {
	var reply Reply
	var seen []string
	if in.ID != "" {
		seen = []string{seenAs(in)}
	}
	row, rest := b.table.find(in.Text)
	err := b.do(ctx, decision{who: in.From, seen: seen, deadline: b.clock.Wall().Add(b.pace.Answer), decide: func(ctx context.Context, tx *Tx) error {
		var err error
		if reply, err = b.decideCommand(ctx, tx, in, row, rest); err != nil {
			return err
		}
		return fillForm(ctx, tx, reply.Form)
	}})
	switch {
	case err != nil:
		reply = b.sayError(in, row, err)
	case reply.Post != nil:
		p := b.known(*reply.Post)
		reply.Post = &p
	}
	return localReply(ctx, b.View(), in.From.Platform(), reply)
}

// seenAs is what is kept of a command's id. That of a press or a message may
// name the room of somebody's direct messages; that of a typed command is made up
// by the platform, which mostly counts upwards, and as it is those of one minute
// lie beside each other in the store.
func seenAs(in Inbound) string {
	if in.Kind == Command && !in.Pressed && in.Form == nil && in.Message == "" {
		return in.ID
	}
	sum := sha256.Sum256([]byte(in.ID))
	return hex.EncodeToString(sum[:16])
}

func (b *Bot) decideCommand(ctx context.Context, tx *Tx, in Inbound, row *Row, rest string) (Reply, error) {
	if err := tx.foresee(ctx, personKey(in.From), organisersKey(in.From.Platform())); err != nil {
		return Reply{}, err
	}
	if err := tx.meet(ctx, in.People); err != nil {
		return Reply{}, err
	}
	person, err := tx.Person(ctx, in.From)
	if err != nil {
		return Reply{}, err
	}
	organiser, err := tx.IsOrganiser(ctx, in.From)
	if err != nil {
		return Reply{}, err
	}
	if row == nil {
		to, err := tx.what(ctx, in.From, organiser)
		return b.notACommand(splitWords(rest), to), err
	}
	if row.Who == Organisers && !organiser {
		return Reply{}, b.organisersOnly(ctx, tx, in.From.Platform())
	}
	if f, _ := b.erased.of(in.From); f.busy {
		return Reply{}, Sayf(Taken, "I am erasing everything about you. It takes a minute or two, and until then I take nothing new.")
	}
	call := Call{Inbound: in, Row: row, Person: person, Organiser: organiser}
	if call.Args, err = row.parse(rest); err != nil {
		return Reply{}, err
	}
	row.fromForm(call.Args, in.Form)
	if err := row.checkArgs(call.Args); err != nil {
		return Reply{}, err
	}
	if a := row.missing(call.Args); a != nil {
		if row.Form != "" && in.Form == nil {
			return Reply{Form: row.form(call.Args)}, nil
		}
		return Reply{}, Wrong(a.Name, "%s is missing.", a.label())
	}
	reply, err := row.Run(ctx, tx, call)
	if err == nil && !tx.empty() && row.Who != Anyone {
		tx.Audit(row.Name, row.about(call.Args), in.Room)
	}
	return reply, err
}

// about is the id that a call is about, for the audit log.
func (r *Row) about(args Args) string {
	for i := range r.Args {
		if r.Args[i].Kind == ID {
			return args.Get(r.Args[i].Name)
		}
	}
	return ""
}

func (b *Bot) organisersOnly(ctx context.Context, tx *Tx, platform string) error {
	all, err := tx.Organisers(ctx, platform)
	if err != nil {
		return err
	}
	if len(all) == 0 {
		return Sayf(Forbidden, "Only organisers can do that, and %s has none yet. Whoever runs me can name one in the configuration.", tx.Called(platform))
	}
	return Sayf(Forbidden, "Only organisers can do that. On %s: %s.", tx.Called(platform), strings.Join(Mentions(all), ", "))
}

// what somebody is: an organiser, the host of something, or anyone.
func (tx *Tx) what(ctx context.Context, who UserID, organiser bool) (Who, error) {
	if organiser {
		return Organisers, nil
	}
	for _, h := range tx.b.hosters {
		if is, err := h.IsHosting(ctx, tx, who); err != nil || is {
			return Hosts, err
		}
	}
	return Anyone, nil
}

func (b *Bot) notACommand(words []word, to Who) Reply {
	if group := b.table.group(words); group != "" && len(words) == 1 {
		p := b.table.help(group, to)
		return Reply{Post: &p}
	}
	if len(words) == 0 {
		p := b.table.help("", to)
		return Reply{Post: &p}
	}
	if near := b.table.suggest(words, to); near != "" {
		row := b.table.Row(near)
		return Answer("I don't know that command. Did you mean `/%s%s`? %s.", b.table.prefix, row.usage(), row.Summary)
	}
	return Answer("I don't know that command. `/%shelp` shows what I can do.", b.table.prefix)
}

func (b *Bot) helpRow() Row {
	return Row{Name: "help", Summary: "What I can do, for one command or for all", Examples: []string{"help", "help datahour"},
		Args: []Arg{{Name: "command", Kind: Rest}},
		Run: func(ctx context.Context, tx *Tx, c Call) (Reply, error) {
			to, err := tx.what(ctx, c.From, c.Organiser)
			if err != nil {
				return Reply{}, err
			}
			about := strings.ToLower(strings.TrimLeft(c.Args.Get("command"), "/"))
			p := b.table.help(strings.TrimPrefix(about, b.table.prefix), to)
			if p.Text == "" {
				return b.notACommand(splitWords(c.Args.Get("command")), to), nil
			}
			return Reply{Post: &p}, nil
		}}
}

// sayError finds the words for what went wrong, and says no more than is true.
func (b *Bot) sayError(in Inbound, row *Row, err error) Reply {
	var problem *Problem
	switch {
	case errors.As(err, &problem):
		return b.sayProblem(in, row, problem)
	case errors.Is(err, ErrSeen):
		return Answer("I had that already, and did it once.")
	}
	words := b.failure(row, err)
	if in.Form != nil { // it stays open, so that nothing typed is lost
		return Reply{Errors: map[string]string{"": words}}
	}
	return Answer("%s", words)
}

// failure logs what went wrong on our side and gives the words for it.
func (b *Bot) failure(row *Row, err error) string {
	var commit *commitError
	committing := errors.As(err, &commit)
	switch {
	case errors.Is(err, ErrStandby):
		return "I am just handing over to another process. Please try again in a few seconds; nothing was changed."
	case errors.Is(err, ErrNotSaved), !committing && isTimeout(err):
		b.log.Warn("not saved", "err", err)
		return "Not saved: my memory is not answering. Please try again in a minute; nothing was posted."
	case committing:
		b.log.Warn("not known whether saved", "err", err)
		return fmt.Sprintf("I don't know yet whether that was saved. `/%smy` will show it in a minute; please look before trying again.", b.table.prefix)
	}
	ref := Reference()
	b.Stats.Failures.Add(1)
	name := ""
	if row != nil {
		name = row.Name
	}
	b.log.Error("command failed", "ref", ref, "command", name, "err", err)
	return fmt.Sprintf("Something went wrong on my side (ref %s). It is logged; nothing was changed.", ref)
}

func isTimeout(err error) bool {
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)
}

func (b *Bot) sayProblem(in Inbound, row *Row, p *Problem) Reply {
	if in.Form != nil {
		return Reply{Errors: map[string]string{p.Field: p.Words}}
	}
	post := Say(p.Words)
	if row != nil && p.Kind == Invalid && !in.Pressed {
		if len(row.Examples) > 0 && !strings.Contains(p.Words, "`") { // else they show what works already
			post.Text += " For example: `/" + b.table.prefix + row.Examples[0] + "`"
		}
		// What was typed is gone from the input line on some platforms.
		post.Small = "You typed: " + Plain(ClipTo(in.Text, 300))
	}
	return Reply{Post: &post}
}
