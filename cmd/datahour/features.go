package main

import (
	"datahour/adapters/titles"
	"datahour/bot"
	"datahour/bot/community"
	"datahour/bot/events"
	"datahour/bot/hours"
	"datahour/bot/my"
	"datahour/bot/newsletter"
)

// features are all parts of the product, in the order in which they are asked.
func features() []bot.Feature {
	return []bot.Feature{hours.New(), events.New(), newsletter.New(), my.New(), community.New()}
}

// readTitles lets the newsletter read the titles of shared links.
func readTitles(parts []bot.Feature) {
	for _, part := range parts {
		if n, ok := part.(*newsletter.Feature); ok {
			n.Titles = titles.New()
		}
	}
}
