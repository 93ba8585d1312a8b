package main

import (
	"context"
	"log/slog"
	"time"

	"datahour/bot"
)

// misconfigured stands for a platform whose settings can be read and make no
// sense to its adapter. It is shown like one that is away, and stops no other.
type misconfigured struct {
	name string
	why  error
}

// orMisconfigured is what a constructor made, or what stands for it.
func orMisconfigured[C bot.Chat](chat C, err error, name string, log *slog.Logger) bot.Chat {
	if err != nil {
		log.Error("a platform is left out; datahour doctor says what to do", "platform", name, "err", err)
		return misconfigured{name, err}
	}
	return chat
}

func (m misconfigured) Platform() string { return m.name }

// Run is tried again by the core, which then tells why not.
func (m misconfigured) Run(context.Context, bot.Receive, func(bot.RoomID)) error { return m.why }

// Post keeps what has to be said there for when the settings are right.
func (m misconfigured) Post(context.Context, bot.RoomID, bot.MessageID, bot.Key, string, bot.Post) (bot.MessageID, error) {
	return "", &bot.SendError{Outcome: bot.NotSent, RetryAfter: time.Minute, Err: m.why}
}

// Check is what the doctor finds.
func (m misconfigured) Check(context.Context) bot.Checks {
	var checks bot.Checks
	checks.Broken(m.name+": settings", "Put right what it says; docs/operations.md has an example of each.", "%v", m.why)
	return checks
}
