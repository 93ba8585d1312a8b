package playground

import (
	"cmp"
	"slices"
	"sync"

	"datahour/bot"
)

// mostPeople bounds how many names are remembered; the world holds 5,000.
const mostPeople = 10_000

// people are the names of everybody that the playground has told of, on both
// platforms: for forms, and for the core, which keeps them.
type people struct {
	mu    sync.Mutex
	names map[bot.UserID]string
}

// meet remembers a name.
func (p *people) meet(who bot.UserID, name string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, known := p.names[who]; known || len(p.names) < mostPeople {
		p.names[who] = name
	}
}

// called is somebody's name, "" when it is not known.
func (p *people) called(who bot.UserID) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.names[who]
}

// mentioned are the profiles, as far as known, of everybody mentioned in a text.
func (p *people) mentioned(text string) []bot.Profile {
	var out []bot.Profile
	bot.ReplaceTokens(text, func(t bot.Token) string {
		who := bot.UserID(t.ID)
		if name := p.called(who); t.Kind == "user" && name != "" {
			out = append(out, bot.Profile{User: who, Name: name})
		}
		return ""
	})
	return out
}

// options offers everybody on a platform, by name, each as the token that the core
// understands; and whoever is chosen already, wherever they are, since a form
// that did not offer them would drop them.
func (p *people) options(platform, chosen string) []bot.Option {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []bot.Option
	for who, name := range p.names {
		if who.Platform() == platform {
			out = append(out, bot.Option{Label: name, Value: bot.Mention(who)})
		}
	}
	bot.ReplaceTokens(chosen, func(t bot.Token) string {
		who := bot.UserID(t.ID)
		value := bot.Mention(who)
		if t.Kind == "user" && !slices.ContainsFunc(out, func(o bot.Option) bool { return o.Value == value }) {
			label := cmp.Or(p.names[who], who.Rest())
			if who.Platform() != platform {
				label += " (" + who.Platform() + ")"
			}
			out = append(out, bot.Option{Label: label, Value: value})
		}
		return ""
	})
	slices.SortFunc(out, func(a, b bot.Option) int {
		return cmp.Or(cmp.Compare(a.Label, b.Label), cmp.Compare(a.Value, b.Value))
	})
	return out
}
