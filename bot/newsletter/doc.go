// Package newsletter is the newsletter that members write, and credit for
// everybody who contributed.
//
// # Nouns
//
//   - [Item] is one thing that a member or visitor shared, from the moment they did
//     until it stands in an edition: their words, how they want to be credited,
//     and what the editors decided about it.
//   - [Edition] is one issue: what its editors decided about it, its calendar and,
//     once it is out, which items are in it and in which order.
//   - [Page] is an edition as anyone may read it, with its [Section]s: the one value
//     from which every output is made. It is never stored.
//   - [Settings] are what the editors decided for all editions: the sections, the
//     calendar, and the number of the edition that is coming.
//
// # Where each rule lives
//
// What an item may be and what may become of it is in item.go, as pure methods of
// Item. How somebody is named where anyone can read is in credit.go and in
// [bot.Credit], and nowhere else. Two links are the same when link.go says so.
//
// What an edition says is worked out by compose in page.go each time it is shown, so
// that it follows what people agreed to; only which items it has, what was coming up
// then and from when to when it looks are fixed when it comes out. Publishing is one
// commit with what its items become and the number of the next edition, so no item
// can be in two editions and no edition can come out twice.
//
// # What happens by itself
//
//   - newsletter.call and newsletter.lastcall ask the rooms for items. Late: left out
//     when half of the time to the deadline is gone.
//   - newsletter.deadline gives the editors the draft, or asks them when there is
//     nothing in it. Late: as it is by then.
//   - newsletter.publish brings out an edition that an editor approved; without
//     approval the editors are asked once more. More than a day late: an editor looks
//     again first, since what it says of the coming days may be over.
//   - newsletter.render makes a published edition stand in its rooms as it is now:
//     after a correction, an erasure, or another choice of credit. Late: no harm.
//   - newsletter.tell tells members that they are in an edition. Late: no harm.
//
// [Edition.promises] works the alarms of the calendar out anew from the edition, and
// whoever changes one sets them all, so everything can be moved.
//
// Handlers read what they change with Get and decide from that alone; lists are
// for showing. It knows the core and bot/when, no platform, no store and no web.
package newsletter
