// Package newsletter is the newsletter that members write, and credit for
// everybody who contributed.
//
// # Nouns
//
//   - [Item] is one thing that a member or visitor shared, from the moment they did
//     until it stands in an edition: their words, how they want to be credited,
//     and what the editors decided about it.
//   - [Settings] are what the editors decided for all editions: the sections, the
//     calendar, and the number of the edition that is coming.
//
// # Where each rule lives
//
// What an item may be and what may become of it is in item.go, as pure methods of
// Item. How somebody is named where anyone can read is in credit.go and nowhere
// else. Two links are the same when link.go says so.
//
// Handlers read what they change with Get and decide from that alone; lists are
// for showing. It knows the core and bot/when, no platform, no store and no web.
package newsletter
