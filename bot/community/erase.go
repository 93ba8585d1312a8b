package community

import (
	"context"
	"strings"

	"datahour/bot"
)

// eraseReasons are fixed words, since the audit log holds none of people's own.
var eraseReasons = []bot.Option{
	{Label: "They asked in writing", Value: "asked"},
	{Label: "They left their organisation", Value: "left"},
	{Label: "A regulator or a court asks for it", Value: "ordered"},
}

// erase forgets somebody of the caller's platform, after a confirmation.
func erase(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	u, err := whoToErase(tx, c)
	if err != nil {
		return bot.Reply{}, err
	}
	reason := c.Args.Get("reason")
	if c.Args.Get("sure") != "yes" {
		return bot.Reply{Post: &bot.Post{Title: "Erase somebody?",
			Text: "Everything that I hold about " + bot.Mention(u) + " goes: what they wrote in data hours, their name and their choices; pages, transcripts and carried messages are made again without them. " +
				"The audit log keeps that you did this and why, without their name. It cannot be undone.",
			Buttons: []bot.Button{{Label: "Erase them", Command: "community erase " + bot.Mention(u) + " " + reason + " sure=yes", Style: bot.Danger}}}}, nil
	}
	if err := tx.Erase(ctx, u, reason); err != nil {
		return bot.Reply{}, err
	}
	reply := bot.Answer("I am erasing them. It takes a minute or two; then the organisers of %s get a list of the pages that had shown them.", tx.Called(c.From.Platform()))
	reply.Replace = c.Pressed
	return reply, nil
}

// whoToErase reads who is meant: a mention, or the id of an account that cannot
// be mentioned any more. Nobody decides for another platform's people.
func whoToErase(tx *bot.Tx, c bot.Call) (bot.UserID, error) {
	typed := strings.TrimSpace(c.Args.Get("person"))
	if u := bot.UserID(typed); u.Rest() != "" && !strings.ContainsAny(typed, "<> ") {
		c.Args = bot.Args{"person": {bot.Mention(u)}}
	}
	return whoOf(tx, c, "I can erase people of %[2]s for you; those of %[1]s have their own organisers.")
}
