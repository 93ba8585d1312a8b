package hours

import (
	"context"
	"slices"
	"strings"

	"datahour/bot"
)

const (
	countsAlarm = "hour.counts" // reactions under carried messages
	wrapUpAlarm = "hour.wrapup" // the wrap-up is to be shown again
)

// talkRows are the commands about what people say.
func (f *Feature) talkRows() []bot.Row {
	line := bot.Arg{Name: "line", Kind: bot.ID, Hint: "The short name of a message; left out in a thread, it is the thread's first message"}
	hour := bot.Arg{Name: "hour", Kind: bot.ID, Named: true, Hint: "Its id; left out, the one that is open here"}
	person := bot.Arg{Name: "person", Kind: bot.People, Hint: "A mention; left out in a thread, whoever began it"}
	return []bot.Row{
		{Name: "datahour hide", Summary: "Take a message off the page, the transcript and the other rooms", Who: bot.Hosts,
			Examples: []string{"datahour hide", "datahour hide k7q2m4xz"}, Args: []bot.Arg{line}, Run: f.runHide},
		{Name: "hide", Summary: "Hide the message in whose thread this is said", Hidden: true, Who: bot.Hosts, Args: []bot.Arg{line}, Run: f.runHide},
		{Name: "datahour unhide", Summary: "Bring a hidden message back", Who: bot.Hosts,
			Examples: []string{"datahour unhide k7q2m4xz"}, Args: []bot.Arg{line}, Run: f.runUnhide},
		{Name: "datahour mute", Summary: "Leave out all that somebody says in this hour", Who: bot.Hosts,
			Examples: []string{"datahour mute @ben", "datahour mute @ben hour=7k2f"}, Args: []bot.Arg{person, hour}, Run: f.runMute},
		{Name: "datahour unmute", Summary: "Let somebody be heard again", Who: bot.Hosts,
			Examples: []string{"datahour unmute @ben"}, Args: []bot.Arg{person, hour}, Run: f.runUnmute},
		{Name: "datahour report", Summary: "Tell hosts and organisers in private that something is not right", Form: "Report", Submit: "Send",
			Examples: []string{"datahour report", "datahour report Somebody is being unkind in the thread about maps"},
			Args:     []bot.Arg{{Name: "words", Label: "What is not right?", Kind: bot.Rest, Max: 2000, Hint: "Only hosts and organisers see this"}}, Run: f.runReport},
		{Name: "datahour looked", Summary: "A report was dealt with", Who: bot.Hosts, Hidden: true, Args: []bot.Arg{{Name: "report", Kind: bot.ID, Required: true}}, Run: f.runLooked},
	}
}

// messageMeant finds the message that a command is about: the one whose line is
// named, else the head of the thread in which it was said, else the one on which
// it was pressed. The head may be a copy that the bot carried. nil: none is meant.
func (f *Feature) messageMeant(ctx context.Context, tx *bot.Tx, c bot.Call) (*Said, error) {
	if line := strings.ToLower(strings.TrimSpace(c.Args.Get("line"))); line != "" {
		recs, err := tx.Records(ctx, "line:"+line, "", 1)
		if err != nil {
			return nil, err
		}
		if len(recs) == 0 {
			return nil, bot.Sayf(bot.Missing, "I know no message `%s`. In the thread of the message, mention me and write `hide`; or choose one with %s.",
				bot.Plain(bot.ClipTo(line, 20)), tx.Command("datahour hide"))
		}
		return saidAt(ctx, tx, recs[0].Key)
	}
	id := c.Thread
	if id == "" && !c.Addressed && !c.Direct {
		id = c.Message
	}
	if id == "" {
		return nil, nil
	}
	s, err := saidByID(ctx, tx, id)
	if s != nil || err != nil {
		return s, err
	}
	key, ours, err := tx.Posted(ctx, c.Room, id)
	if err != nil || !ours {
		return nil, err
	}
	return f.lastCarried(ctx, tx, c.Room, key)
}

// choose lets the caller choose among the last messages of the hour, when it is
// not said which one is meant.
func (f *Feature) choose(ctx context.Context, tx *bot.Tx, c bot.Call, hidden bool) (bot.Reply, error) {
	h, err := f.hourMeant(ctx, tx, c)
	if err != nil {
		return bot.Reply{}, err
	}
	if err := f.mayRun(ctx, tx, c, &h, "hide messages in"); err != nil {
		return bot.Reply{}, err
	}
	said, err := allSaid(ctx, tx, h.ID)
	if err != nil {
		return bot.Reply{}, err
	}
	choice := &bot.Select{Label: "Which message?", Command: c.Row.Name}
	words := newCrowd(tx, &h)
	for _, s := range slices.Backward(said) {
		if s.Early || s.Deleted || (s.Hidden || len(s.HiddenIn) > 0) == hidden || len(choice.Options) == 20 {
			continue
		}
		who, err := words.person(ctx, s.Who)
		if err != nil {
			return bot.Reply{}, err
		}
		name := who.Called()
		if s.Visitor != "" {
			name = s.signed()
		}
		text, err := words.words(ctx, s.Text)
		if err != nil {
			return bot.Reply{}, err
		}
		choice.Options = append(choice.Options, bot.Option{Label: bot.ClipTo(name+": "+strings.Join(strings.Fields(text), " "), 70), Value: s.Line})
	}
	if len(choice.Options) == 0 {
		return bot.Answer("There is no such message in %s.", h.emphasised()), nil
	}
	p := bot.Post{Text: "Which message of " + h.emphasised() + "? These are the last ones. For another, mention me in its thread and write `hide`.", Select: choice}
	return bot.Reply{Post: &p}, nil
}
