package main

import "datahour/bot"

// features are all parts of the product, in the order in which they are asked.
func features() []bot.Feature {
	return []bot.Feature{}
}
