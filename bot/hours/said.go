package hours

import (
	"time"

	"datahour/bot"
)

// Said is one message in an hour, as it was said in its own room.
type Said struct {
	Hour     string                  `json:"hour"`
	ID       bot.MessageID           `json:"id"`
	Room     bot.RoomID              `json:"room"`
	Who      bot.UserID              `json:"who"`
	Visitor  string                  `json:"visitor,omitempty"` // name given on the web; Who is of platform "web"
	At       time.Time               `json:"at"`
	Text     string                  `json:"text"`
	Rev      string                  `json:"rev,omitempty"` // the platform's revision of the words
	Edited   bool                    `json:"edited,omitempty"`
	Deleted  bool                    `json:"deleted,omitempty"` // its words are gone; the record stays, so that a late event does not bring them back
	Hidden   bool                    `json:"hidden,omitempty"`  // by a host
	Under    bot.MessageID           `json:"under,omitempty"`   // Said.ID of the message whose thread it is in
	Question int                     `json:"question,omitempty"`
	Reacted  map[string][]bot.UserID `json:"reacted,omitempty"` // by emoji name, each person once
}

func saidKey(hour string, id bot.MessageID) string { return "said/" + hour + "/" + string(id) }

func (s *Said) Key() string         { return saidKey(s.Hour, s.ID) }
func (s *Said) Kind() (string, int) { return "said", 1 }
func (s *Said) Index() []string {
	return []string{"said:" + s.Hour, "said:" + s.Hour + ":" + string(s.Who), "words:" + string(s.Who)}
}

// part is what one person does in one hour.
type part struct {
	Hour  string     `json:"hour"`
	Who   bot.UserID `json:"who"`
	Said  int        `json:"said,omitempty"`  // messages
	Asked bool       `json:"asked,omitempty"` // whether they may be shown: once
	Muted bool       `json:"muted,omitempty"` // by a host, for this hour
}

func partKey(hour string, u bot.UserID) string { return "part/" + hour + "/" + string(u) }

func (p *part) Key() string         { return partKey(p.Hour, p.Who) }
func (p *part) Kind() (string, int) { return "part", 1 }
func (p *part) Index() []string     { return []string{"parts:" + p.Hour} }

// tally counts an hour while it runs.
type tally struct {
	Hour     string `json:"hour"`
	Messages int    `json:"messages"`
	People   int    `json:"people"`
}

func tallyKey(hour string) string { return "tally/" + hour }

func (t *tally) Key() string         { return tallyKey(t.Hour) }
func (t *tally) Kind() (string, int) { return "tally", 1 }
func (t *tally) Index() []string     { return nil }
