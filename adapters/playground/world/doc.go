// Package world is the playground: a small pretend chat server with two
// platforms, North and South, and people to act as. It exists so that Data Hour
// can be tried, told stories about and tortured without anybody's Slack or
// Mattermost.
//
// It knows nothing of the bot: it imports nothing of ours, keeps rooms, people,
// posts and their history in memory (and in a journal, when given a file), and
// meets the bot only over HTTP and a websocket, as a real platform does. That
// is why it may run inside the bot's process or alone, outliving a bot that is
// killed again and again; and why a judge may trust what it reads here.
//
// Three sides use it, all on loopback and all described in API.md:
//
//   - /bot/… is for the bot: events, posts, edits, look-ups, answers.
//   - /api/… is for people, stories and judges: say, press, submit, read, move
//     the clock, and misbehave.
//   - / is the page on which a person does all of that by hand.
//
// Start reading at World and state.go: every change is an entry, applied in one
// place, so that replaying the journal is the same as having lived it.
package world
