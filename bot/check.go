package bot

import (
	"fmt"
	"time"
)

// Check is one thing that `datahour doctor` looked at, and what it found.
type Check struct {
	About   string  `json:"about"` // "defra: scopes"
	Verdict Verdict `json:"verdict"`
	Found   string  `json:"found"`           // a sentence without its full stop
	Do      string  `json:"to_do,omitempty"` // what to do about it, as a whole sentence
}

// Verdict is how good what was found is.
type Verdict string

const (
	Fine    Verdict = "ok"
	Warning Verdict = "warning" // works, and could be better or could not be seen
	Broken  Verdict = "wrong"
)

// Checks are what was found until now.
type Checks []Check

// Fine notes that something is as it should be.
func (c *Checks) Fine(about, format string, args ...any) {
	*c = append(*c, Check{About: about, Verdict: Fine, Found: fmt.Sprintf(format, args...)})
}

// Warn notes something that could be better, and what to do.
func (c *Checks) Warn(about, do, format string, args ...any) {
	*c = append(*c, Check{About: about, Verdict: Warning, Found: fmt.Sprintf(format, args...), Do: do})
}

// Broken notes something that does not work, and what to do.
func (c *Checks) Broken(about, do, format string, args ...any) {
	*c = append(*c, Check{About: about, Verdict: Broken, Found: fmt.Sprintf(format, args...), Do: do})
}

// How far two clocks may be apart. Dates in HTTP are whole seconds, and catching
// up begins two minutes before what was heard last; Slack's signatures are good
// for five.
const (
	clockNoise = 2 * time.Second
	clockWrong = catchUpMargin
)

// Clock compares this machine's clock with another's, which said theirs between
// the two moments asked and answered.
func (c *Checks) Clock(about string, theirs, asked, answered time.Time) {
	const do = "Let this machine's clock follow a time server (timedatectl set-ntp true)."
	apart := time.Duration(0)
	switch {
	case theirs.After(answered):
		apart = theirs.Sub(answered)
	case theirs.Before(asked):
		apart = asked.Sub(theirs)
	}
	apart = apart.Round(time.Second)
	switch {
	case apart > clockWrong:
		c.Broken(about, do, "this machine's clock is %v apart from theirs, so messages can be missed and requests refused", apart)
	case apart > clockNoise:
		c.Warn(about, do, "this machine's clock is %v apart from theirs: what is promised for a time comes that much early or late", apart)
	default:
		c.Fine(about, "agrees with this machine's")
	}
}
