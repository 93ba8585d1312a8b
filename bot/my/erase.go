package my

import (
	"context"

	"datahour/bot"
)

// sure is the confirmation: pressed, or typed after the command.
const sure = "yes"

func eraseRow() bot.Row {
	return bot.Row{Name: "my erase", Summary: "Forget you: everything that I hold about you, and what was published of it", Examples: []string{"my erase"},
		Args: []bot.Arg{{Name: "sure", Kind: bot.Choice, Options: []bot.Option{{Label: "Yes, erase me", Value: sure}}}}, Run: erase}
}

// erase explains what goes and what stays, and does it once that is confirmed.
func erase(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	if c.From.Platform() == bot.Web {
		return bot.Reply{}, bot.Sayf(bot.Forbidden, "I know you only by the link that you were given when you wrote: withdraw your messages there.")
	}
	if c.Args.Get("sure") != sure {
		return bot.Reply{Post: &bot.Post{Title: "Erase everything about you?",
			Text: "**What goes:** your messages, questions, reactions, reports and drafts in every data hour, your seats at events and what you shared for the newsletter, your credit, your name, your choices, your reminders, and my direct messages to you. " +
				"Public pages, transcripts, editions and carried messages are made again without you, and organisers get a list of the pages that had shown you, without your name.\n\n" +
				"**What stays:** your own messages in the rooms of " + c.From.Platform() + ", which only you or its administrators can delete; data hours that you planned, without you; " +
				"names that others typed without mentioning you; and a line in the audit log that somebody was erased.\n\n" +
				"It cannot be undone. " + tx.Command("my copy") + " gives you a copy of everything first.",
			Buttons: []bot.Button{
				{Label: "Erase me", Command: "my erase " + sure, Style: bot.Danger},
				{Label: "A copy first", Command: "my copy"},
			}}}, nil
	}
	if err := tx.Erase(ctx, c.From, bot.ErasedSelf); err != nil {
		return bot.Reply{}, err
	}
	words := "I am erasing you. It takes a minute or two; the last thing that I send you is that it is done."
	if c.Organiser {
		words += " If the configuration names you as an organiser, whoever runs me has to take you out there."
	}
	reply := bot.Answer("%s", words)
	reply.Replace = c.Pressed
	return reply, nil
}
