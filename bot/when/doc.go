// Package when reads times as people type them, and writes them for people to
// read. It is a small grammar of our own, day first as in Britain, because every
// general one that was tried is silently wrong at times: here an input is either
// understood without doubt or refused with an example that works. Whoever calls it
// shows the full date (Format) before anything is saved.
//
// It knows nothing of chat, commands or storage, and never asks for the time: now
// and the zone are arguments. Start reading at Parse, then Resolve.
//
// # What Parse accepts
//
// Words in any case, in any order, with commas, "at", "on" and "the" where people
// put them:
//
//	moment   = after | day clock [ place ] .
//	after    = ( "in" length [ "time" ] | length "from now" ) [ clock ] .   a clock after days and weeks only
//	length   = amount { [ "and" ] amount } .                                2 hours, an hour and a half, 1h30
//
//	day      = near | weekday | [ weekday ] date | weekday ordinal .
//	near     = "today" | "tonight" | "tomorrow" | "day after tomorrow" | ( "today" | "tomorrow" ) "week"
//	         | "this" part | weeks ( "today" | "tomorrow" ) .
//	weekday  = [ "this" | "coming" | "next" ] name | name ( "week" | "next" ) | weeks [ "on" | "from" ] name
//	         | name "next week" | "next week" name .
//	weeks    = "a week" | "2 weeks" | "a fortnight" … .
//	date     = number [ ordinal ] [ "of" ] month [ year ] | month number [ ordinal ] [ year ]
//	         | number "/" number [ "/" year ] | number ( "." | "-" ) number ( "." | "-" ) year
//	         | year "-" number "-" number .                                 ISO 8601, also with T and without signs
//
//	clock    = hour ( ":" | "." ) minute [ "am" | "pm" ] | hour ( "am" | "pm" ) | four digits [ "hrs" ]
//	         | ( "half" | "quarter" | number ) ( "past" | "to" ) hour … | "half" hour … | "noon" | "midday" .
//	part     = [ "in the" ] ( "morning" | "afternoon" | "evening" | "night" ) .
//
//	place    = "GMT" | "BST" | "UTC" | "Z" | offset | name in the tz database | abbreviation of the reader's own zone .
//	offset   = [ "UTC" | "GMT" ] ( "+" | "-" ) hours [ ":" minutes ] .      bare: two digits, and a minus only behind an ISO date with T
//
// # How doubt is settled
//
//   - 7/8 is 7 August. There is no other order.
//   - A weekday is the next one. Typed on that very weekday it is refused while the
//     time is still to come (today, or in a week?), and means a week later after it.
//   - "next Friday" is accepted only where everybody agrees: on a Friday (in a
//     week), or when the coming Friday is in next week whether weeks begin on
//     Monday or on Sunday. "Friday next week" follows the same rule. "Friday week"
//     is the Friday after the coming one.
//   - A weekday beside a date must agree with it.
//   - A date without a year is the next such date, unless it went by within the
//     last 31 days: then it is refused as past.
//   - Four digits behind a day and month are a year from 1900 to 2199, otherwise a
//     time: 2 Dec 1830 is half past six in the evening, 2 Dec 2030 lacks a time.
//   - An hour below 13 needs am, pm, a leading zero, two digits and minutes, or a
//     part of the day: 8pm, 08:00, 10:30 and "tonight at 8" are understood, 8 and
//     8:30 are refused. "half seven" is 7:30.
//   - 12pm is midday. Midnight, 12am and 24:00 are refused, as they belong to two
//     days; 00:00 is the start of its day.
//   - A time that clocks skip or repeat on that day is refused, unless GMT or BST
//     (or the like) says which of the two is meant.
//   - GMT in summer and BST in winter are refused where clocks use them in the
//     other half of the year; UTC and offsets are taken at their word.
//   - In another zone than the reader's, "tomorrow" and weekdays are counted only
//     while both have the same date.
//   - "in 3 days" keeps the time of day, "in 72 hours" does not. Seconds are
//     dropped.
//   - More than ten years ahead is refused.
//
// # Lengths
//
// ParseLength reads how long something takes; a bare number there is minutes.
//
// # Clock changes
//
// Resolve holds the one rule for local times that a clock change skips or repeats.
package when
