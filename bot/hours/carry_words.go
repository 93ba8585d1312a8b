package hours

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"datahour/bot"
)

// between stands between messages that are carried in one notice.
const between = "\n\n"

// show declares how the notices that changed stand now: with what still may be
// carried of their messages, or not at all.
func (c *carrier) show(ctx context.Context) error {
	for _, name := range c.stale {
		notice := carried{Room: c.room, Name: name}
		if there, err := c.tx.Get(ctx, notice.Key(), &notice); err != nil || !there {
			return err
		}
		if notice.Stale {
			notice.Stale = false
			c.tx.Put(&notice)
		}
		post, stands, err := c.post(ctx, &notice)
		if err != nil {
			return err
		}
		if stands {
			c.tx.Show(bot.Notice{Room: c.room, Key: name, Under: notice.Under, Reply: notice.Reply, Post: post})
		} else {
			c.tx.Retract(c.room, name)
		}
	}
	return nil
}

// post renders a notice. It tells false when nothing in it is to be seen.
func (c *carrier) post(ctx context.Context, notice *carried) (bot.Post, bool, error) {
	var said []*Said
	reacted := map[bot.UserID]bool{}
	for _, id := range notice.Said {
		s, err := saidAt(ctx, c.tx, saidKey(c.hour, id))
		if err != nil {
			return bot.Post{}, false, err
		}
		if s == nil { // the transcript was deleted when its time had come
			continue
		}
		ok, err := c.carries(ctx, s)
		if err != nil {
			return bot.Post{}, false, err
		}
		if ok {
			said = append(said, s)
			for u := range s.reactors() {
				reacted[u] = true
			}
		}
	}
	if len(said) == 0 {
		return bot.Post{}, false, nil
	}
	text, err := c.text(ctx, said, carriedLimit)
	if err == nil && length(text) > carriedLimit { // edits made it longer: each gets its share
		text, err = c.text(ctx, said, carriedLimit/len(said)-len(between))
	}
	post := bot.Say(text)
	switch n := len(reacted); n {
	case 0:
	case 1:
		post.Small = "1 person reacted."
	default:
		post.Small = fmt.Sprintf("%d people reacted.", n)
	}
	return post, true, err
}

func (c *carrier) text(ctx context.Context, said []*Said, each int) (string, error) {
	var lines []string
	for _, s := range said {
		line, err := c.line(ctx, s, each)
		if err != nil {
			return "", err
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, between), nil
}

// line is a message as it is carried: "**Name** (Home): words", in at most most
// characters.
func (c *carrier) line(ctx context.Context, s *Said, most int) (string, error) {
	name, home, err := c.speaker(ctx, s)
	if err != nil {
		return "", err
	}
	words, err := c.crowd.plain(ctx, s.Text, c.called)
	if err != nil {
		return "", err
	}
	if strings.TrimSpace(words) == "" {
		words = "(a picture or a file)"
	}
	head := "**" + bot.Plain(bot.ClipTo(name, 80)) + "** (" + bot.Plain(home) + "): "
	line := head + bot.Quote(words)
	for keep := most - length(head); length(line) > most && keep > 0; { // marks that have to be escaped make it longer
		line = head + bot.Quote(bot.ClipTo(words, keep))
		keep -= max(1, length(line)-most)
	}
	return line, nil
}

// speaker is who said something and where they are at home, for other rooms.
func (c *carrier) speaker(ctx context.Context, s *Said) (name, home string, err error) {
	if s.Visitor != "" {
		return s.signed(), bot.Web, nil
	}
	person, err := c.crowd.person(ctx, s.Who)
	if err != nil {
		return "", "", err
	}
	if s.Room.Platform() != c.room.Platform() {
		home, err = c.crowd.platform(ctx, s.Room.Platform())
		return person.Called(), home, err
	}
	room, err := c.crowd.room(ctx, s.Room)
	return person.Called(), room.Name, err
}

// called names somebody who is mentioned in carried words: those who do not want
// to be carried are not.
func (c *carrier) called(ctx context.Context, u bot.UserID) (string, error) {
	person, err := c.crowd.person(ctx, u)
	if err != nil || person.StaysHome {
		return "somebody", err
	}
	return person.Called(), nil
}

func length(s string) int { return utf8.RuneCountInString(s) }
