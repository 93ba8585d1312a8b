// Package events is breakfasts, meetups, workshops and unconferences: things with
// a time, a place and seats.
//
// # Nouns
//
//   - [Event] is one date of something: what it is, when, where, how many seats,
//     who hosts it, in which rooms it is announced, and where it is in its life.
//   - [Seats] is who has a seat at one event, who is offered one and who waits.
//     It is the only place from which that is decided. It holds accounts and
//     numbers, no words.
//   - [Guest] is what one person said besides wanting a seat: one record for each
//     person and event, which is how a person's events are found.
//   - [Draft] is an event, or a change to one, before anybody else sees it.
//
// # Where each rule lives
//
// Who gets a seat is in seats.go: pure methods of Seats that are told the time and
// the [Capacity], and give what has changed. Handlers read the record with Get,
// change it and put it back, all in one Tx, so however many press at once each
// decision is made from the one before: the commit of any other fails and its
// handler runs again, behind the others in the queue for that key. Nobody counts
// seats anywhere else, and no number of seats is kept that could disagree.
//
// What happens by itself is in timing.go: [Event.promises] works every alarm out
// anew from the event and its seats, and whoever changes either sets them all.
// Words that stand in rooms are made by announce.go from the event and its seats
// alone, so showing them again after any change is enough.
//
// It knows the core and bot/when, no platform, no store and no web.
package events
