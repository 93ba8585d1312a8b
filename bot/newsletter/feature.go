package newsletter

import (
	"context"
	"slices"

	"datahour/bot"
)

// Feature is the newsletter: it gives the core its commands and keeps its promises.
type Feature struct {
	// Titles reads the titles of links that are shared without one; nil: members
	// type them.
	Titles Titles
}

// Titles reads what a web page calls itself. It is asked while a member waits, so it
// answers within a second or not at all, and it never goes where they should not
// lead it.
type Titles interface {
	Title(ctx context.Context, link string) (string, error)
}

// New makes the feature.
func New() *Feature { return &Feature{} }

// Rows are the commands of the newsletter.
func (f *Feature) Rows() []bot.Row {
	return slices.Concat(f.shareRows(), f.queueRows(), f.orderRows(), f.editionRows(), f.correctRows(), f.calendarRows(), f.settingRows(), f.thanksRows(), f.visitRows())
}

// Alarms are the promises of the newsletter, each with its rule for being late.
func (f *Feature) Alarms() map[string]bot.AlarmKind {
	return map[string]bot.AlarmKind{
		callAlarm:     {Ring: f.call},                                                    // late: left out when half of the time to the deadline is gone
		lastCallAlarm: {Ring: f.lastCall},                                                // the same
		deadlineAlarm: {Ring: f.showDraft},                                               // late: the draft as it is by then
		publishAlarm:  {Ring: f.publishOnTime, Late: publishLate, Missed: f.missPublish}, // late: not without an editor who looks again
		renderAlarm:   {Ring: f.render},                                                  // late: shows what is true by then
		tellAlarm:     {Ring: f.tellMembers},                                             // late: no harm
	}
}
