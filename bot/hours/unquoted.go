package hours

import (
	"strings"
	"time"

	"datahour/bot"
	"datahour/bot/when"
)

// unquoted understands a title and a time that were typed without quotes, as
// people do. The longest ending that reads as a time is the time and what comes
// before it the title; a time alone is that of an open hour. The preview shows
// what came of it, before anything is saved.
func unquoted(args bot.Args, now time.Time, zone *time.Location) (bot.Args, error) {
	at := args.All("when")
	if len(at) == 1 {
		if _, err := when.Parse(at[0], now, zone); err == nil {
			return args, nil
		}
	}
	words := strings.Fields(strings.Join(append(args.All("title"), at...), " "))
	for i := range words {
		if len(at) == 0 && i > 0 { // a title alone has no time in it
			break
		}
		ending := strings.Join(words[i:], " ")
		if _, err := when.Parse(ending, now, zone); err != nil {
			continue
		}
		title := strings.Join(words[:i], " ")
		args = over(args, bot.Args{"title": {title}, "when": {ending}})
		if title == "" {
			delete(args, "title")
		}
		return args, nil
	}
	if len(at) > 1 {
		return nil, bot.Wrong("when", "I can't tell the title from the time in that. Put each in quotes: `/datahour new \"Flood data people really use\" \"Wed 8pm\"`.")
	}
	return args, nil
}
