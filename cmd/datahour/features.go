package main

import (
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
