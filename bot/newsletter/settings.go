package newsletter

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"datahour/bot"
)

// Settings are what the editors decided for all editions.
type Settings struct {
	Sections []string  `json:"sections"`
	Coming   int       `json:"coming"`         // the number of the edition that is being gathered
	Since    time.Time `json:"since,omitzero"` // when the last one came out
	Rule     Rule      `json:"rule,omitzero"`  // when editions come; none: whenever an editor publishes one

	// Rooms are where editions are posted, by platform, as its own organisers chose;
	// a platform that has none here has the room where it announces.
	Rooms map[string][]bot.RoomID `json:"rooms,omitempty"`
}

const settingsKey = "newsletter"

func (s *Settings) Key() string         { return settingsKey }
func (s *Settings) Kind() (string, int) { return "newsletter", 1 }
func (s *Settings) Index() []string     { return nil }

// usualSections are what an edition is divided into until its editors say otherwise.
var usualSections = []string{"What we are doing", "Tools", "Data", "Can you help?", "Jobs", "Worth reading"}

const (
	mostSections = 12
	sectionMax   = 40
)

func settingsOf(ctx context.Context, r bot.Reader) (Settings, error) {
	s := Settings{Sections: slices.Clone(usualSections), Coming: 1} // what is read goes into it
	_, err := r.Get(ctx, settingsKey, &s)
	return s, err
}

// section finds the section that somebody typed: by its name or the beginning of
// it. Nothing typed is the first one.
func (s Settings) section(typed string) (string, error) {
	typed = strings.TrimSpace(typed)
	if typed == "" {
		return s.Sections[0], nil
	}
	for _, same := range [...]func(name string) bool{
		func(name string) bool { return strings.EqualFold(name, typed) },
		func(name string) bool { return strings.HasPrefix(strings.ToLower(name), strings.ToLower(typed)) },
	} {
		if i := slices.IndexFunc(s.Sections, same); i >= 0 {
			return s.Sections[i], nil
		}
	}
	var all []string
	for _, name := range s.Sections {
		all = append(all, "`"+name+"`")
	}
	return "", bot.Wrong("section", "There is no section “%s”. There are %s.", bot.Plain(bot.ClipTo(typed, sectionMax)), bot.Listed(all))
}

// order is where a section stands; those that are no more come last.
func (s Settings) order(section string) int {
	if i := slices.Index(s.Sections, section); i >= 0 {
		return i
	}
	return len(s.Sections)
}

// settingRows are the commands by which editors decide for all editions.
func (f *Feature) settingRows() []bot.Row {
	return []bot.Row{
		{Name: "newsletter sections", Who: bot.Organisers, Summary: "What an edition is divided into, in its order", Form: "Sections", Run: f.runSections,
			Args:     []bot.Arg{{Name: "sections", Label: "Sections", Hint: "A line each, in their order", Many: true, Max: sectionMax}},
			Examples: []string{`newsletter sections "What we are doing" Tools "Can you help?"`}},
		{Name: "newsletter rooms", Who: bot.Organisers, Summary: "Where editions are posted on your platform", Form: "Rooms of the newsletter", Run: f.runRooms,
			Args:     []bot.Arg{{Name: "rooms", Kind: bot.Rooms, Label: "Rooms", Hint: "A line each; left out: where I announce", Many: true}},
			Examples: []string{"newsletter rooms #data"}},
	}
}

// runSections sets the sections; without any it opens the form with those there are.
func (f *Feature) runSections(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	s, err := settingsOf(ctx, tx)
	if err != nil {
		return bot.Reply{}, err
	}
	if len(c.Args) == 0 && c.Form == nil {
		return tx.FormFor("newsletter sections", bot.Args{"sections": s.Sections}), nil
	}
	var names []string
	for _, typed := range c.Args.All("sections") {
		name := line(typed)
		if name == "" || slices.ContainsFunc(names, func(x string) bool { return strings.EqualFold(x, name) }) {
			continue
		}
		if utf8.RuneCountInString(name) > sectionMax {
			return bot.Reply{}, bot.Wrong("sections", "A section's name can have up to %d characters.", sectionMax)
		}
		names = append(names, name)
	}
	if len(names) == 0 || len(names) > mostSections {
		return bot.Reply{}, bot.Wrong("sections", "An edition has 1 to %d sections. Name them, such as `Tools`.", mostSections)
	}
	s.Sections = names
	tx.Put(&s)
	return bot.Answer("Saved. An edition has these sections now: %s. Items that were shared under another one stand at the end until an editor moves them.", bot.Listed(plains(names))), nil
}
