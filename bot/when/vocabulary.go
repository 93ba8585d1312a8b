package when

import (
	"strings"
	"sync"
	"time"
)

// weekdays and months by every name that people write for them here.
var weekdays = map[string]time.Weekday{}

var months = map[string]time.Month{"sept": time.September}

var ordinals = map[string]bool{"st": true, "nd": true, "rd": true, "th": true}

func init() {
	for d := time.Sunday; d <= time.Saturday; d++ {
		name := strings.ToLower(d.String())
		weekdays[name], weekdays[name[:3]] = d, d
	}
	for _, short := range []string{"tues", "weds", "thur", "thurs"} {
		weekdays[short] = weekdays[short[:3]]
	}
	for m := time.January; m <= time.December; m++ {
		name := strings.ToLower(m.String())
		months[name], months[name[:3]] = m, m
	}
}

// vocabulary holds every word that Parse knows, and how to write it when it is
// what a misspelling meant.
var vocabulary = sync.OnceValue(func() map[string]string {
	known := map[string]string{}
	for _, w := range strings.Fields(`at on the in and a an half quarter three quarters past to of week next this
		coming day after from now time ago today tonight tomorrow morning afternoon evening night am pm a m p
		noon midday midnight oclock o clock hours hrs h t z gmt bst utc twenty thirty forty fifty`) {
		known[w] = w
	}
	for w := range teens {
		known[w] = w
	}
	for _, w := range numberWords[1:] {
		known[w] = w
	}
	for w := range units {
		known[w] = w
	}
	for w := range ordinals {
		known[w] = w
	}
	for w, d := range weekdays {
		known[w] = d.String()
	}
	for w, m := range months {
		known[w] = m.String()
	}
	return known
})
