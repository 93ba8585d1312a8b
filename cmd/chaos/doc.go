//go:build unix

// Command chaos proves that Data Hour keeps its promises once in effect while it
// is killed at random moments and the platform misbehaves.
//
// It runs the real program: a playground as a process of its own, and a bot that
// is killed with -9 and started again while hours are scheduled, opened, spoken
// in and closed. A judge reads what a person could read, the playground's rooms
// and the public pages, and never the bot's store. It must not know how the bot
// works: whatever it expects follows from what people did and were told.
//
//	chaos -store sqlite|redis -kills 500     kills while hours are held
//	chaos -store redis -bots 2 -kills 500    the same with two bots on one Redis, stopped too
//	chaos -standby -rounds 20                how fast another takes over, at everybody's paces
//	chaos -stopped-store                     the store stopped, locked and full
//
// Each run prints its seed, what was lost, twice, stale or shown without a yes,
// and where the logs and the world's journal are; it ends with 1 when there was
// any. "swapped" counts carried messages that stand below one that was said
// later, which is allowed after a send of unsure end.
//
// Start reading with main.go (what can be run), story.go (what people do) and
// judge.go (what must be true afterwards).
package main
