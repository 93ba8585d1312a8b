// Package events is breakfasts, meetups, workshops and unconferences: things with
// a time, a place and seats.
//
// # Nouns
//
//   - [Event] is one date of something: what it is, when, where, how many seats,
//     who hosts it, in which rooms it is announced, and where it is in its life.
//   - [Seats] is who has a seat at one event, who is offered one and who waits.
//     It is the only place from which that is decided. It holds accounts and
//     numbers, no words but a host's reason for moving somebody up.
//   - [Guest] is what one person said besides wanting a seat: one record for each
//     person and event, which is how a person's events are found. It is there
//     exactly as long as they are in Seats, or wait for a host to decide.
//   - [Series] is an event that repeats, by its [Rule]. Its dates are events.
//   - [Draft] is an event, or a change to one, before anybody else sees it.
//
// # Where each rule lives
//
// Who gets a seat is in seats.go: pure methods of Seats that are told the time and
// the [Capacity], and give what has changed. Handlers read the record with Get,
// change it and put it back, all in one Tx, so however many press at once each
// decision is made from the one before: the commit of any other fails and its
// handler runs again, behind the others in the queue for that key. Nobody counts
// seats anywhere else, and no number of seats is kept that could disagree. Every
// change ends in settle (rsvp.go), which offers what is free to those who wait.
//
// On which days and at what time a series takes place is in rule.go, pure too: a
// date's day is counted, and its start is what [when.Resolve] makes of that day and
// the rule's clock time. Only the next few dates exist (series.go); when one is over
// an alarm makes another. A change of several dates at once is in series_change.go.
//
// What happens by itself is in timing.go: promises works every alarm out
// anew from the event and its seats, and whoever changes either sets them all. An
// alarm's rule for coming late stands beside it in [Feature.Alarms].
//
// Words that stand in rooms are made by announce.go from the event and its seats
// alone, so showing them again after any change is enough. What anyone may know is
// in public.go and public_diary.go; people from outside come in through visit.go.
//
// It knows the core, bot/when and bot/diary, no platform, no store and no web.
package events
