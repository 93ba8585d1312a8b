// Command chaos proves that Data Hour keeps its promises once in effect while it
// is killed at random moments and the platform misbehaves.
//
// It runs the real program: a playground as a process of its own, and a bot that
// is killed with -9 and started again while hours are scheduled, opened, spoken
// in and closed. A judge reads what a person could read, the playground's rooms
// and the public pages, and never the bot's store. It must not know how the bot
// works: whatever it expects follows from what people did and were told.
//
// Start reading with main.go (what can be run), story.go (what people do) and
// judge.go (what must be true afterwards).
package main
