// Package hours is data hours: timed chats in one or more linked rooms, from
// the announcement to the transcript.
//
// Read [Hour] first (what is kept and its rules), then Said (what was said),
// feature.go (the commands and promises), and public.go (what anyone may see).
// It knows the core and bot/when, no platform, no store and no web.
package hours
