// Package community is /community: what organisers decide for their community
// and their platform. The nouns are the core's own ([bot.Community],
// [bot.Link], [bot.Audit]); this package holds the commands. Start with [New].
package community

import (
	"datahour/bot"
)

// Feature is /community.
type Feature struct{}

// New makes the feature.
func New() *Feature { return &Feature{} }

// Alarms take away what lets organisers into their pages, when its time is over.
func (f *Feature) Alarms() map[string]bot.AlarmKind {
	return map[string]bot.AlarmKind{deskAlarm: {Ring: closeDesk}} // late: at once; by then it opens nothing
}

// Rows are the commands.
func (f *Feature) Rows() []bot.Row {
	person := []bot.Arg{{Name: "person", Label: "Who", Kind: bot.People, Required: true}}
	room := []bot.Arg{{Name: "room", Label: "The other room", Hint: "South's ~data-chat is south:data-chat", Required: true}}
	pair := []bot.Arg{{Name: "one", Kind: bot.ID, Required: true}, {Name: "other", Required: true}}
	return []bot.Row{
		{Name: "community setup", Summary: "Name, time zone, and where to announce: three questions", Who: bot.Organisers,
			Examples: []string{`community setup "Data people, loosely joined" hashtag=DataHour zone=Europe/London`},
			Args: []bot.Arg{
				{Name: "name", Label: "What is your community called?", Max: 80},
				{Name: "hashtag", Label: "Its hashtag", Hint: "In CamelCase: DataHour", Max: 40, Named: true},
				{Name: "zone", Label: "Its time zone", Hint: "Europe/London", Max: 40, Named: true},
				{Name: "announce", Label: "Where shall I announce?", Hint: "A room on your platform", Kind: bot.Rooms, Named: true},
				{Name: "tell", Label: "Where shall I tell organisers things?", Hint: "Left out: in direct messages", Kind: bot.Rooms, Named: true},
			}, Form: "Set up", Run: setup},
		{Name: "community status", Summary: "What is connected, what is coming up, what failed", Who: bot.Organisers, Examples: []string{"community status"}, Run: status},
		{Name: "community organisers", Summary: "Who the organisers of this platform are", Examples: []string{"community organisers"}, Run: organisers},
		{Name: "community organisers add", Summary: "Make somebody an organiser of this platform", Who: bot.Organisers, Args: person,
			Examples: []string{"community organisers add <!user:north:grace>"}, Form: "Add an organiser", Submit: "Add", Run: addOrganiser},
		{Name: "community organisers remove", Summary: "Make somebody an ordinary member again", Who: bot.Organisers, Args: person,
			Examples: []string{"community organisers remove <!user:north:grace>"}, Form: "Remove an organiser", Submit: "Remove", Run: removeOrganiser},
		{Name: "community rooms", Summary: "The rooms that I know here, and their links", Examples: []string{"community rooms"}, Run: rooms},
		{Name: "community rooms link", Summary: "Ask to link this room with one on another platform", Who: bot.Organisers, Args: room,
			Examples: []string{"community rooms link south:data-chat"}, Form: "Link this room", Submit: "Ask", Run: link},
		{Name: "community rooms unlink", Summary: "End the link of this room with another", Who: bot.Organisers, Args: room,
			Examples: []string{"community rooms unlink south:data-chat"}, Form: "Unlink this room", Submit: "Unlink", Run: unlink},
		{Name: "community rooms accept", Summary: "Agree to a link that another platform asked for", Who: bot.Organisers, Args: pair, Hidden: true, Run: accept},
		{Name: "community rooms decline", Summary: "Decline a link that another platform asked for", Who: bot.Organisers, Args: pair, Hidden: true, Run: decline},
		{Name: "community policy", Summary: "How long transcripts are kept, public pages, carrying, code of conduct", Who: bot.Organisers,
			Examples: []string{"community policy keep=365 public=yes", "community policy carrying=no"},
			Args: []bot.Arg{
				{Name: "keep", Label: "Keep transcripts for how many days?", Hint: "0 is for good", Kind: bot.Number, Named: true},
				{Name: "public", Label: "New hours have a public page", Kind: bot.Yes, Named: true},
				{Name: "carrying", Label: "Carry messages between linked rooms", Kind: bot.Yes, Named: true},
				{Name: "indexed", Label: "Search engines may list public pages", Kind: bot.Yes, Named: true},
				{Name: "conduct", Label: "Address of your code of conduct", Hint: "Left out: the page that comes with me", Max: 300, Named: true},
				{Name: "licence", Label: "Licence of published words", Hint: "CC BY 4.0", Max: 40, Named: true},
				{Name: "consent", Label: "A sentence of your own beside the three choices", Max: 300, Named: true},
			}, Form: "Policy", Run: policy},
		{Name: "community pause", Summary: "Hold back everything that is not an answer", Who: bot.Organisers, Examples: []string{"community pause"}, Run: pause},
		{Name: "community resume", Summary: "Go on after a pause, and see what was held", Who: bot.Organisers, Examples: []string{"community resume"}, Run: resume},
		{Name: "community erase", Summary: "Forget somebody of this platform who asked for it in writing", Who: bot.Organisers,
			Examples: []string{"community erase <!user:north:grace> reason=asked"},
			Args: []bot.Arg{
				{Name: "person", Label: "Who", Hint: "A mention, or the account's id such as north:grace", Kind: bot.People, Required: true},
				{Name: "reason", Label: "Why", Kind: bot.Choice, Options: eraseReasons, Required: true},
				{Name: "sure", Label: "It cannot be undone", Kind: bot.Choice, Options: []bot.Option{{Label: "Yes, erase them", Value: "yes"}}, Named: true},
			}, Form: "Erase somebody", Submit: "Erase", Run: erase},
		{Name: "community web", Summary: "A link to the organisers' pages, for you alone", Who: bot.Organisers, Examples: []string{"community web"}, Run: web},
		{Name: "community web enter", Summary: "Use such a link, from the page", Hidden: true, Args: []bot.Arg{{Name: "key", Required: true}, {Name: "session", Required: true}}, Run: enterDesk},
		{Name: "community web leave", Summary: "Leave the organisers' pages", Hidden: true, Args: []bot.Arg{{Name: "session", Required: true}}, Run: leaveDesk},
		{Name: "community audit", Summary: "Who did what: the last entries of the audit log", Who: bot.Organisers, Examples: []string{"community audit"}, Run: audit},
	}
}
