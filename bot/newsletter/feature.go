package newsletter

import (
	"slices"

	"datahour/bot"
)

// Feature is the newsletter: it gives the core its commands and keeps its promises.
type Feature struct{}

// New makes the feature.
func New() *Feature { return &Feature{} }

// Rows are the commands of the newsletter.
func (f *Feature) Rows() []bot.Row {
	return slices.Concat(f.shareRows(), f.queueRows(), f.settingRows())
}

// Alarms are the promises of the newsletter, each with its rule for being late.
func (f *Feature) Alarms() map[string]bot.AlarmKind { return nil }
