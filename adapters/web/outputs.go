package web

import "datahour/bot/hours"

// outputs are the forms of a transcript besides the page, by their ending.
var outputs = map[string]struct {
	kind  string
	write func(hours.Page) []byte
}{}
