package main

import (
	"datahour/bot"
	"datahour/bot/community"
	"datahour/bot/events"
	"datahour/bot/hours"
	"datahour/bot/my"
)

// features are all parts of the product, in the order in which they are asked.
func features() []bot.Feature {
	return []bot.Feature{hours.New(), events.New(), my.New(), community.New()}
}
